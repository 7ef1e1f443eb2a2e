// The one machine of this process: read from the file that BRIDGE_FAKE_GPU names, read again whenever it changes.
#ifndef BRIDGE_FAKE_STORE_H
#define BRIDGE_FAKE_STORE_H

#include "machine.h"

// Locks the store and looks for a change. Returns NULL, still locked, when there is no usable file; the reason was
// then written to stderr, once per version of the file. Every call needs a store_unlock.
const struct machine *store_lock(void);
void store_unlock(void);

// Why store_lock returned NULL. Valid until store_unlock.
const char *store_error(void);

// Waits as a "hang." line asks: some milliseconds, or until the process ends.
void store_hang(uint64_t milliseconds);

#endif
