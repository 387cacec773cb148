/* Read before each file by the analyzers alone: that kr_fail() gives its code back, and so never
 * KR_OK, is not to be seen from its declaration. */
#include "../../crypto/error.h"
#define kr_fail(code, ...) (kr_fail(code, __VA_ARGS__), (enum kr_error)(code))
