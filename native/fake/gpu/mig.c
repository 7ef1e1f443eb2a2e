#define _GNU_SOURCE
#include "../common/values.h"
#include "machine.h"

#include <stdio.h>
#include <string.h>

// GPU instance ids as the driver hands them out: 7g is 0, 4g and 3g take 1 and 2, 2g 3 to 6, 1g 7 to 14.
static int first_gi(unsigned slices) {
    switch (slices) {
    case 7: return 0;
    case 4:
    case 3: return 1;
    case 2: return 3;
    case 1: return 7;
    default: return -1;
    }
}

static bool gi_taken(const struct gpu *gpu, uint32_t gi) {
    for (uint32_t i = 0; i < gpu->mig_count; i++)
        if (gpu->migs[i].gi == gi) return true;
    return false;
}

// "none" clears; else profiles as nvidia-smi names them, e.g. "3g.40gb 2g.20gb 1g.10gb"; SMs are 1/7 of 98 a slice.
bool mig_instances(struct gpu *gpu, const struct ini_entry *entry, struct ini_error *error) {
    char text[INI_LINE], *words[MAX_MIG];
    unsigned used_slices = 0;
    gpu->mig_count = 0;
    if (strcmp(entry->value, "none") == 0) return true;
    snprintf(text, sizeof text, "%s", entry->value);
    int count = split_words(text, " \t", words, MAX_MIG);
    if (count < 0) return ini_fail(error, entry, "more than %d MIG instances on one GPU", MAX_MIG);
    for (int i = 0; i < count; i++) {
        unsigned slices = 0, gigabytes = 0;
        int used = 0;
        if (sscanf(words[i], "%1ug.%3ugb%n", &slices, &gigabytes, &used) != 2 || words[i][used] != '\0' ||
            first_gi(slices) < 0 || gigabytes == 0)
            return ini_fail(error, entry, "a MIG profile looks like 1g.10gb (1, 2, 3, 4 or 7 slices), got '%s'",
                            words[i]);
        used_slices += slices;
        if (used_slices > 7) return ini_fail(error, entry, "these MIG instances need %u slices of 7", used_slices);
        uint32_t gi = (uint32_t)first_gi(slices);
        while (gi_taken(gpu, gi)) gi++;
        struct mig_state *mig = &gpu->migs[gpu->mig_count++];
        snprintf(mig->profile, sizeof mig->profile, "%s", words[i]);
        mig->gi = gi;
        mig->ci = 0;
        mig->slices = mig->compute_slices = slices;
        mig->multiprocessors = 14 * slices;
        mig->memory_mib = gigabytes * 1024 - 256; // a profile's name rounds up what the instance gets
    }
    return true;
}
