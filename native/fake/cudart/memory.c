#define _GNU_SOURCE
#include "runtime.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

// Device memory is host memory that costs nothing until it is touched.
struct block {
    char *start;
    size_t size;
    int slot;
    struct block *next;
};

static struct block *blocks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t taken(int slot) {
    size_t sum = 0;
    for (const struct block *block = blocks; block != NULL; block = block->next)
        if (block->slot == slot) sum += block->size;
    return sum;
}

static size_t device_total(int slot) {
    const struct machine *machine = store_lock();
    size_t mebibytes = machine == NULL || slot < 0 ? 0 : machine->gpu[slot].memory_total_mib;
    store_unlock();
    return mebibytes * 1024 * 1024;
}

cudaError_t cudaMemGetInfo(size_t *available, size_t *total) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    if (available == NULL || total == NULL) return runtime_result(cudaErrorInvalidValue);
    int slot = bridgeFakeCurrentGpu();
    *total = device_total(slot);
    pthread_mutex_lock(&lock);
    *available = *total - taken(slot);
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

static cudaError_t allocate(void **pointer, size_t size, int slot, size_t total) {
    if (size > total - taken(slot)) return cudaErrorMemoryAllocation;
    struct block *block = malloc(sizeof *block);
    char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == NULL || start == MAP_FAILED) {
        if (start != MAP_FAILED) munmap(start, size);
        free(block);
        return cudaErrorMemoryAllocation;
    }
    *block = (struct block){start, size, slot, blocks};
    blocks = block;
    *pointer = start;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **pointer, size_t size) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    if (pointer == NULL) return runtime_result(cudaErrorInvalidValue);
    *pointer = NULL;
    if (size == 0) return cudaSuccess;
    int slot = bridgeFakeCurrentGpu();
    size_t total = device_total(slot);
    pthread_mutex_lock(&lock);
    error = allocate(pointer, size, slot, total);
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

cudaError_t cudaFree(void *pointer) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess || pointer == NULL) return error;
    cudaDeviceSynchronize();
    error = cudaErrorInvalidValue;
    pthread_mutex_lock(&lock);
    for (struct block **link = &blocks; *link != NULL; link = &(*link)->next) {
        struct block *block = *link;
        if (block->start != pointer) continue;
        *link = block->next;
        munmap(block->start, block->size);
        free(block);
        error = cudaSuccess;
        break;
    }
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

bool memory_holds(const void *pointer, size_t size) {
    bool holds = false;
    const char *at = pointer;
    pthread_mutex_lock(&lock);
    for (const struct block *block = blocks; block != NULL && !holds; block = block->next)
        holds = at >= block->start && at < block->start + block->size &&
                size <= (size_t)(block->start + block->size - at);
    pthread_mutex_unlock(&lock);
    return holds;
}
