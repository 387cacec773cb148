/* Stands before main: in the whole run of a program one call fails. */
#include "places.h"

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
int __wrap_main(int argc, char **argv)
{
    failing_arm();
    return __real_main(argc, argv);
}
