#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void must(enum kr_error err, const char *what)
{
    char text[512];
    if (err == KR_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, kr_explain(err, NULL, text, sizeof text));
    exit(2);
}

void must_hold(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}

void sample_add(struct samples *s, double value)
{
    if (s->count < SAMPLES_MAX)
        s->value[s->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_median(struct samples *s)
{
    must_hold(s->count > 0, "nothing was measured");
    qsort(s->value, s->count, sizeof *s->value, by_value);
    return s->value[s->count / 2];
}

double samples_worst(const struct samples *s)
{
    double worst = 0;
    for (size_t i = 0; i < s->count; i++)
        worst = s->value[i] > worst ? s->value[i] : worst;
    return worst;
}

double samples_within(const struct samples *s, double limit)
{
    size_t within = 0;
    for (size_t i = 0; i < s->count; i++)
        within += s->value[i] <= limit;
    return s->count ? (double)within / (double)s->count : 0;
}

long resident_kib(pid_t pid)
{
    char path[64];
    long size = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

const char *verdict(bool good)
{
    return good ? "ok" : "MISSED";
}
