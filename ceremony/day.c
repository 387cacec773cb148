/* The day people read on the wall: what cards bear and what a ceremony is numbered by. */
#include "run.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

uint8_t bcd(int two_digits)
{
    return (uint8_t)(two_digits / 10 % 10 << 4 | two_digits % 10);
}

void bcd_day(const struct tm *day, uint8_t out[4])
{
    out[0] = bcd((day->tm_year + 1900) / 100);
    out[1] = bcd(day->tm_year % 100);
    out[2] = bcd(day->tm_mon + 1);
    out[3] = bcd(day->tm_mday);
}

void years_later(struct tm *day, int years)
{
    int year = day->tm_year + 1900 + years;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    day->tm_year += years;
    if (day->tm_mon == 1 && day->tm_mday == 29 && !leap)
        day->tm_mday = 28;
}

enum kr_error day_keep(struct ceremony *c)
{
    const time_t now = time(NULL);
    struct tm day;
    localtime_r(&now, &day);
    return var_set(c, "day", "%04d%02d%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

void day_of_ceremony(struct ceremony *c, struct tm *day)
{
    memset(day, 0, sizeof *day);
    (void)sscanf(var_get(c, "day"), "%4d%2d%2d", &day->tm_year, &day->tm_mon, &day->tm_mday);
    day->tm_year -= 1900;
    day->tm_mon--;
}
