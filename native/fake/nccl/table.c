#define _GNU_SOURCE
#include "table.h"
#include "../common/values.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table current;
static struct ini_watch watch;
static struct ini_error problem;
static char read_path[INI_PATH];
static bool was_read, usable;

static void set_defaults(struct table *table) {
    *table = (struct table){.version = 22907, .node_gbps = 450, .fabric_gbps = 380, .latency_us = 25,
                            .exact_bytes = 1 << 20};
    for (int i = 0; i < TABLE_RAILS; i++) table->rail[i] = 1;
}

static struct table_node *make_node(struct table *table, const char *name) {
    for (uint32_t i = 0; i < table->node_count; i++)
        if (strcmp(table->node[i].name, name) == 0) return &table->node[i];
    if (table->node_count == TABLE_NODES) return NULL;
    struct table_node *made = &table->node[table->node_count++];
    *made = (struct table_node){.factor = 1, .flaky_factor = 1, .error_code = 6};
    snprintf(made->name, sizeof made->name, "%s", name);
    return made;
}

static bool set_double(double *target, double low, double high, const struct ini_entry *entry,
                       struct ini_error *error) {
    return value_double(entry, entry->value, low, high, target, error);
}

static bool base_key(struct table *table, const struct ini_entry *entry, struct ini_error *error) {
    uint64_t number = 0;
    if (strcmp(entry->key, "node_gbps") == 0) return set_double(&table->node_gbps, 0.001, 1e6, entry, error);
    if (strcmp(entry->key, "fabric_gbps") == 0) return set_double(&table->fabric_gbps, 0.001, 1e6, entry, error);
    if (strcmp(entry->key, "latency_us") == 0) return set_double(&table->latency_us, 0, 1e9, entry, error);
    if (strcmp(entry->key, "exact_bytes") == 0)
        return value_u64(entry, entry->value, 4096, 1ull << 30, &table->exact_bytes, error);
    if (strcmp(entry->key, "version") != 0)
        return ini_fail(error, entry, "unknown key '%s'; [base] has version, node_gbps, fabric_gbps, latency_us and "
                        "exact_bytes", entry->key);
    if (!value_u64(entry, entry->value, 20000, 99999, &number, error)) return false;
    table->version = (uint32_t)number;
    return true;
}

static bool node_key(struct table *table, const char *name, const struct ini_entry *entry, struct ini_error *error) {
    struct table_node *node = make_node(table, name);
    uint64_t code = 0;
    if (node == NULL) return ini_fail(error, entry, "more than %d nodes", TABLE_NODES);
    if (strcmp(entry->key, "leaf") == 0) return value_text(entry, entry->value, node->leaf, sizeof node->leaf, error);
    if (strcmp(entry->key, "factor") == 0) return set_double(&node->factor, 0.0001, 10, entry, error);
    if (strcmp(entry->key, "flaky") == 0) return set_double(&node->flaky, 0, 1, entry, error);
    if (strcmp(entry->key, "flaky_factor") == 0) return set_double(&node->flaky_factor, 0.0001, 1, entry, error);
    if (strcmp(entry->key, "seed") == 0) return value_u64(entry, entry->value, 0, UINT64_MAX, &node->seed, error);
    if (strcmp(entry->key, "hang_at") == 0) return value_u64(entry, entry->value, 0, UINT64_MAX, &node->hang_at, error);
    if (strcmp(entry->key, "hang_init") == 0) return value_bool(entry, entry->value, &node->hang_init, error);
    if (strcmp(entry->key, "error_at") == 0)
        return value_u64(entry, entry->value, 0, UINT64_MAX, &node->error_at, error);
    if (strcmp(entry->key, "error_code") != 0)
        return ini_fail(error, entry, "unknown key '%s'; [node NAME] has leaf, factor, flaky, flaky_factor, seed, "
                        "hang_at, hang_init, error_at and error_code", entry->key);
    if (!value_u64(entry, entry->value, 1, 8, &code, error)) return false;
    node->error_code = (uint32_t)code;
    return true;
}

static bool only_factor(double *target, const struct ini_entry *entry, struct ini_error *error) {
    if (strcmp(entry->key, "factor") != 0)
        return ini_fail(error, entry, "unknown key '%s'; [%s] has factor only", entry->key, entry->section);
    return set_double(target, 0.0001, 10, entry, error);
}

static bool link_key(struct table *table, const char *one, const char *two, const struct ini_entry *entry,
                     struct ini_error *error) {
    if (table->link_count == TABLE_LINKS) return ini_fail(error, entry, "more than %d links", TABLE_LINKS);
    struct table_link *link = &table->link[table->link_count++];
    snprintf(link->one, sizeof link->one, "%s", one);
    snprintf(link->two, sizeof link->two, "%s", two);
    return only_factor(&link->factor, entry, error);
}

static bool leaf_key(struct table *table, const char *name, const struct ini_entry *entry, struct ini_error *error) {
    if (table->leaf_count == TABLE_LEAVES) return ini_fail(error, entry, "more than %d leaves", TABLE_LEAVES);
    struct table_leaf *leaf = &table->leaf[table->leaf_count++];
    snprintf(leaf->name, sizeof leaf->name, "%s", name);
    return only_factor(&leaf->factor, entry, error);
}

static bool rail_number(const struct ini_entry *entry, const char *text, uint64_t *rail, struct ini_error *error) {
    const struct ini_entry heading = {entry->file, entry->line, entry->section, entry->section, text};
    return value_u64(&heading, text, 0, TABLE_RAILS - 1, rail, error);
}

static bool take_entry(void *context, const struct ini_entry *entry, struct ini_error *error) {
    char section[INI_LINE], *words[4];
    uint64_t rail = 0;
    snprintf(section, sizeof section, "%s", entry->section);
    int count = split_words(section, " \t", words, 4);
    for (int i = 1; i < count; i++)
        if (strlen(words[i]) >= NODE_NAME) return ini_fail(error, entry, "'%s' is too long a name", words[i]);
    if (count == 0 || (count == 1 && strcmp(words[0], "base") == 0)) return base_key(context, entry, error);
    if (count == 2 && strcmp(words[0], "node") == 0) return node_key(context, words[1], entry, error);
    if (count == 2 && strcmp(words[0], "leaf") == 0) return leaf_key(context, words[1], entry, error);
    if (count == 3 && strcmp(words[0], "link") == 0) return link_key(context, words[1], words[2], entry, error);
    if (count == 2 && strcmp(words[0], "rail") == 0)
        return rail_number(entry, words[1], &rail, error) &&
               only_factor(&((struct table *)context)->rail[rail], entry, error);
    return ini_fail(error, entry, "unknown section [%s]; there are [base], [node NAME], [link A B], [rail N] and "
                    "[leaf NAME]", entry->section);
}

const struct table *table_lock(void) {
    pthread_mutex_lock(&lock);
    const char *path = getenv("BRIDGE_FAKE_NCCL");
    if (path == NULL || *path == '\0' || strlen(path) >= sizeof read_path) {
        if (!was_read) set_defaults(&current); // without a file the fabric is healthy
        return &current;
    }
    if (!was_read || strcmp(path, read_path) != 0 || ini_changed(&watch)) {
        was_read = true;
        snprintf(read_path, sizeof read_path, "%s", path);
        set_defaults(&current);
        usable = ini_read(path, NULL, &watch, take_entry, &current, &problem);
        if (!usable) fprintf(stderr, "bridge fake NCCL: %s\n", problem.text);
    }
    return usable ? &current : NULL;
}

void table_unlock(void) { pthread_mutex_unlock(&lock); }

const char *table_error(void) { return problem.text; }

const struct table_node *table_node(const struct table *table, const char *name) {
    for (uint32_t i = 0; i < table->node_count; i++)
        if (strcmp(table->node[i].name, name) == 0) return &table->node[i];
    return NULL;
}

static double dice(uint64_t seed, const char *name, uint64_t run) {
    uint64_t hash = seed ^ 1469598103934665603u;
    for (; *name != '\0'; name++) hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    hash = (hash ^ run) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 31)) * 0x94d049bb133111ebu;
    return (double)((hash ^ (hash >> 29)) >> 11) / 9007199254740992.0;
}

static double smaller(double one, double two) { return one < two ? one : two; }

static double node_factor(const struct table *table, const struct shape *shape, const struct place *place,
                          bool fabric) {
    const struct table_node *node = table_node(table, place->node);
    double factor = fabric && place->rail >= 0 && place->rail < TABLE_RAILS ? table->rail[place->rail] : 1;
    if (node == NULL) return factor;
    factor = smaller(factor, node->factor);
    if (node->flaky > 0 && dice(node->seed, node->name, shape->run) < node->flaky)
        factor = smaller(factor, node->flaky_factor);
    for (uint32_t i = 0; fabric && i < table->leaf_count; i++)
        if (strcmp(table->leaf[i].name, node->leaf) == 0) factor = smaller(factor, table->leaf[i].factor);
    return factor;
}

static double link_factor(const struct table *table, const char *one, const char *two) {
    double factor = 1;
    for (uint32_t i = 0; i < table->link_count; i++) {
        const struct table_link *link = &table->link[i];
        bool same = strcmp(link->one, one) == 0 && strcmp(link->two, two) == 0;
        bool turned = strcmp(link->one, two) == 0 && strcmp(link->two, one) == 0;
        if (same || turned) factor = smaller(factor, link->factor);
    }
    return factor;
}

// As nccl-tests: bus bandwidth is what the slowest part of the ring carries.
static double bus_share(const struct shape *shape) {
    double ranks = shape->count;
    switch (shape->operation) {
    case OP_ALL_REDUCE: return 2 * (ranks - 1) / ranks;
    case OP_ALL_GATHER:
    case OP_REDUCE_SCATTER: return (ranks - 1) / ranks;
    default: return 1;
    }
}

double table_time(const struct table *table, const struct shape *shape) {
    bool fabric = false;
    for (int i = 1; i < shape->count; i++) fabric |= strcmp(shape->ranks[i].node, shape->ranks[0].node) != 0;
    double factor = 1;
    for (int i = 0; i < shape->count; i++) {
        const struct place *here = &shape->ranks[i], *next = &shape->ranks[(i + 1) % shape->count];
        factor = smaller(factor, node_factor(table, shape, here, fabric));
        if (strcmp(here->node, next->node) != 0)
            factor = smaller(factor, link_factor(table, here->node, next->node));
    }
    double bytes_per_us = (fabric ? table->fabric_gbps : table->node_gbps) * factor * 1000;
    return table->latency_us + (double)shape->bytes * bus_share(shape) / bytes_per_us;
}
