/* The enrolled centre of a demonstration: founded through the engine by the site-init script like
 * any other. */
#ifndef KEYRITE_UI_DEMO_CENTRE_H
#define KEYRITE_UI_DEMO_CENTRE_H

#include "demo.h"

/* Takes a second or two (it derives everybody's slot). The session must have no store yet. Any
 * request that site-init makes beyond those known here ends it with KR_E_ANSWER_MISSING. */
enum kr_error demo_centre_found(struct session *s, const struct paths *p);

#endif
