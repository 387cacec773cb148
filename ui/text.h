/* Text in terminal columns is measured and wrapped as in reports. */
#ifndef KEYRITE_UI_TEXT_H
#define KEYRITE_UI_TEXT_H

#include "../store/report/text.h"

#endif
