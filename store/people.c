/* People: who is enrolled, as the enrol entries say. */
#include "database.h"

enum kr_error people_put(struct store *s, const struct person *p)
{
    struct query q;
    query_begin(&q, s,
                "INSERT OR REPLACE INTO people(person, name, roles, public_key, revoked) "
                "VALUES(?1, ?2, ?3, ?4, ?5)");
    query_text(&q, 1, p->slot.person);
    query_text(&q, 2, p->name);
    query_int(&q, 3, p->roles);
    query_blob(&q, 4, p->slot.public_key, sizeof p->slot.public_key);
    query_int(&q, 5, p->revoked);
    return query_run(&q, KR_E_ARGUMENT);
}

enum kr_error people_get(struct store *s, const char *person, struct person *p)
{
    struct query q;
    bool found = false;
    *p = (struct person){0};
    query_begin(&q, s,
                "SELECT person, name, roles, public_key, revoked FROM people WHERE person = ?1");
    query_text(&q, 1, person);
    if (query_row(&q)) {
        found = true;
        query_get_text(&q, 0, p->slot.person, sizeof p->slot.person);
        query_get_text(&q, 1, p->name, sizeof p->name);
        p->roles = (unsigned)query_get_int(&q, 2);
        query_get_bytes(&q, 3, p->slot.public_key, sizeof p->slot.public_key);
        p->revoked = query_get_int(&q, 4) != 0;
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_PERSON_UNKNOWN, "%s", person) : error;
}

enum kr_error people_public_key(struct store *s, const char *person, uint8_t public_key[32])
{
    struct person p;
    enum kr_error error = people_get(s, person, &p);
    for (size_t i = 0; i < sizeof p.slot.public_key; i++)
        public_key[i] = p.slot.public_key[i];
    return error;
}
