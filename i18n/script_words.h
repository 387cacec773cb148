/*
 * Words that scripts, layouts and the inventory bring as data and that people read: options of parameters, states and
 * kinds of cards. Nobody includes this file; the catalogue is made from it (i18n/update). A site's own scripts may use
 * other words: they are then shown as they are.
 */
static const char *const script_words[] = {
    /* options of parameters */
    N_("letters"), N_("plain"), N_("national"), N_("regional"), N_("member"), N_("mother"), N_("psam"),
    N_("user"),
    /* kinds of cards */
    N_("manufacturer"), N_("rmkc"), N_("rakc"),
    /* states of cards */
    N_("received"), N_("authenticated"), N_("washed"), N_("issued"), N_("verified"), N_("delivered"),
    N_("spoiled"), N_("destroyed"),
};
