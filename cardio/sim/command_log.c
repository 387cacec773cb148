#include "command_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LEN 256
#define ENDING_LEN   5 /* ".card" */

static int card_name(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    size_t len;

    *name = slash ? slash + 1 : path;
    len = strlen(*name);
    return (int)(len > ENDING_LEN ? len - ENDING_LEN : len);
}

static int line_of(const struct logged_command *c, char line[LINE_MAX_LEN])
{
    const char *name;
    char status[8] = "-";
    int name_len = card_name(c->card_path, &name);
    uint8_t head[4] = {0};

    memcpy(head, c->command, c->len < sizeof head ? c->len : sizeof head);
    if (c->status)
        snprintf(status, sizeof status, "%04X", c->status);
    return snprintf(line, LINE_MAX_LEN, "%d %.*s %04X %02X %02X %02X %02X %zu %s %s\n", c->slot,
                    name_len, name, c->directory, head[0], head[1], head[2], head[3], c->len,
                    status, c->fault == FAULT_NONE ? "-" : sim_fault_name(c->fault));
}

void command_log_write(const char *deck, const struct logged_command *c)
{
    char path[PATH_MAX], line[LINE_MAX_LEN];
    int fd = -1;

    if (snprintf(path, sizeof path, "%s/commands", deck) < (int)sizeof path)
        fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return;
    int len = line_of(c, line);
    if (len > 0 && len < LINE_MAX_LEN)
        (void)!write(fd, line, (size_t)len);
    close(fd);
}
