/* What is wrong with a layout, with the place. Inner header of cardio/. */
#ifndef KEYRITE_CARDIO_LAYOUT_CHECK_H
#define KEYRITE_CARDIO_LAYOUT_CHECK_H

#include "layout.h"

struct layout_fault {
    unsigned line;  /* 0: of a layout that was not read from a file; 1 also for the whole layout */
    char text[128]; /* "GMPK 2: kid 02 is taken" */
};
/* KR_OK or KR_E_LAYOUT with fault filled in. */
enum kr_error layout_find_fault(const struct layout *l, struct layout_fault *fault);

#endif
