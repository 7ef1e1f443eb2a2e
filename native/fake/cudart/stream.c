#define _GNU_SOURCE
#include "runtime.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// A stream does its items in order and keeps a clock of its own in microseconds. Copies and fills cost what a GPU's
// memory would take; the fake NCCL says what its work cost. Nothing waits for the wall clock.
enum item_kind { ITEM_EVENT, ITEM_COPY, ITEM_FILL, ITEM_WORK };

struct bridgeFakeWork {
    enum item_kind kind;
    cudaEvent_t event;
    void *to;
    const void *from;
    size_t size;
    int value;
    void (*start)(void *);
    void *argument;
    bool started, done;
    double microseconds;
    struct CUstream_st *stream;
    struct bridgeFakeWork *next;
};

struct CUstream_st {
    struct bridgeFakeWork *head, *tail;
    double now;
    bool destroyed;
    struct CUstream_st *next;
};

struct CUevent_st {
    bool recorded, destroyed;
    unsigned pending;
    double when;
};

static const double bytes_per_microsecond = 2e6; // 2 TB/s

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct CUstream_st default_stream;
static struct CUstream_st *streams = &default_stream;

static struct CUstream_st *find_stream(cudaStream_t stream) {
    if (stream == NULL) return &default_stream;
    for (struct CUstream_st *each = streams; each != NULL; each = each->next)
        if (each == stream && !each->destroyed) return each;
    return NULL;
}

static void release_event(cudaEvent_t event) {
    if (event->destroyed && event->pending == 0) free(event);
}

static void do_item(struct CUstream_st *stream, struct bridgeFakeWork *item) {
    switch (item->kind) {
    case ITEM_EVENT:
        item->event->when = stream->now;
        item->event->pending--;
        release_event(item->event);
        return;
    case ITEM_COPY:
        memmove(item->to, item->from, item->size);
        break;
    case ITEM_FILL:
        memset(item->to, item->value, item->size);
        break;
    case ITEM_WORK:
        stream->now += item->microseconds;
        return;
    }
    stream->now += (double)item->size / bytes_per_microsecond;
}

// Does what can be done; stops at work that somebody else has to finish.
static void pump(struct CUstream_st *stream) {
    while (stream->head != NULL) {
        struct bridgeFakeWork *item = stream->head;
        if (item->kind == ITEM_WORK && !item->started) {
            item->started = true;
            item->start(item->argument);
        }
        if (item->kind == ITEM_WORK && !item->done) return;
        do_item(stream, item);
        stream->head = item->next;
        if (stream->head == NULL) stream->tail = NULL;
        free(item);
    }
    pthread_cond_broadcast(&changed);
}

static struct bridgeFakeWork *append(cudaStream_t stream, struct bridgeFakeWork wanted) {
    struct CUstream_st *found = find_stream(stream);
    struct bridgeFakeWork *item = found == NULL ? NULL : malloc(sizeof *item);
    if (item == NULL) return NULL;
    *item = wanted;
    item->stream = found;
    if (found->tail != NULL) found->tail->next = item;
    else found->head = item;
    found->tail = item;
    return item;
}

static cudaError_t append_and_pump(cudaStream_t stream, struct bridgeFakeWork wanted) {
    struct bridgeFakeWork *item = append(stream, wanted);
    if (item == NULL) return cudaErrorInvalidResourceHandle;
    pump(item->stream);
    return cudaSuccess;
}

cudaError_t bridgeFakeStreamEnqueue(cudaStream_t stream, void (*start)(void *), void *argument, bridgeFakeWork **work) {
    pthread_mutex_lock(&lock);
    struct bridgeFakeWork *item =
        append(stream, (struct bridgeFakeWork){.kind = ITEM_WORK, .start = start, .argument = argument});
    *work = item;
    if (item != NULL) pump(item->stream);
    pthread_mutex_unlock(&lock); // from here on the work may be over and `work` gone
    return item != NULL ? cudaSuccess : cudaErrorInvalidResourceHandle;
}

void bridgeFakeStreamComplete(bridgeFakeWork *work, double microseconds) {
    pthread_mutex_lock(&lock);
    struct CUstream_st *stream = work->stream;
    work->done = true;
    work->microseconds = microseconds;
    pump(stream);
    pthread_mutex_unlock(&lock);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
    cudaError_t error = runtime_check("cudaStreamCreate");
    if (error != cudaSuccess) return error;
    if (stream == NULL || flags > 1) return runtime_result(cudaErrorInvalidValue);
    struct CUstream_st *made = calloc(1, sizeof *made);
    if (made == NULL) return runtime_result(cudaErrorMemoryAllocation);
    pthread_mutex_lock(&lock);
    made->next = streams;
    streams = *stream = made;
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream) { return cudaStreamCreateWithFlags(stream, 0); }

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    pthread_mutex_lock(&lock);
    const struct CUstream_st *found = find_stream(stream);
    error = found == NULL ? cudaErrorInvalidResourceHandle : found->head != NULL ? cudaErrorNotReady : cudaSuccess;
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    pthread_mutex_lock(&lock);
    struct CUstream_st *found = find_stream(stream);
    while (found != NULL && found->head != NULL) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return runtime_result(found == NULL ? cudaErrorInvalidResourceHandle : cudaSuccess);
}

static struct CUstream_st *busy_stream(void) {
    for (struct CUstream_st *each = streams; each != NULL; each = each->next)
        if (each->head != NULL) return each;
    return NULL;
}

cudaError_t cudaDeviceSynchronize(void) {
    pthread_mutex_lock(&lock);
    while (busy_stream() != NULL) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

// A destroyed stream finishes its work; its memory stays until the process ends, as work may still refer to it.
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    pthread_mutex_lock(&lock);
    struct CUstream_st *found = stream == NULL ? NULL : find_stream(stream);
    if (found != NULL) found->destroyed = true;
    pthread_mutex_unlock(&lock);
    return runtime_result(found == NULL ? cudaErrorInvalidResourceHandle : cudaSuccess);
}

cudaError_t cudaMemsetAsync(void *pointer, int value, size_t size, cudaStream_t stream) {
    cudaError_t error = runtime_check("cudaMemset");
    if (error != cudaSuccess) return error;
    if (!memory_holds(pointer, size)) return runtime_result(cudaErrorInvalidValue);
    pthread_mutex_lock(&lock);
    error = append_and_pump(stream,
                            (struct bridgeFakeWork){.kind = ITEM_FILL, .to = pointer, .value = value, .size = size});
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

// Kinds: 0 host to host, 1 to the device, 2 from it, 3 within it, 4 by address.
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t size, int kind, cudaStream_t stream) {
    cudaError_t error = runtime_check("cudaMemcpy");
    if (error != cudaSuccess) return error;
    bool bad = to == NULL || from == NULL || kind < 0 || kind > 4 ||
               ((kind == 1 || kind == 3) && !memory_holds(to, size)) ||
               ((kind == 2 || kind == 3) && !memory_holds(from, size));
    if (bad) return runtime_result(cudaErrorInvalidValue);
    pthread_mutex_lock(&lock);
    error =
        append_and_pump(stream, (struct bridgeFakeWork){.kind = ITEM_COPY, .to = to, .from = from, .size = size});
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

cudaError_t cudaMemset(void *pointer, int value, size_t size) {
    cudaDeviceSynchronize();
    return cudaMemsetAsync(pointer, value, size, NULL);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t size, int kind) {
    cudaDeviceSynchronize();
    return cudaMemcpyAsync(to, from, size, kind, NULL);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
    cudaError_t error = runtime_check("cudaEventCreate");
    if (error != cudaSuccess) return error;
    if (event == NULL || flags > 7) return runtime_result(cudaErrorInvalidValue);
    *event = calloc(1, sizeof **event);
    return runtime_result(*event != NULL ? cudaSuccess : cudaErrorMemoryAllocation);
}

cudaError_t cudaEventCreate(cudaEvent_t *event) { return cudaEventCreateWithFlags(event, 0); }

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    if (event == NULL) return runtime_result(cudaErrorInvalidResourceHandle);
    pthread_mutex_lock(&lock);
    event->pending++;
    event->recorded = true;
    error = append_and_pump(stream, (struct bridgeFakeWork){.kind = ITEM_EVENT, .event = event});
    if (error != cudaSuccess) event->pending--;
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    if (event == NULL) return runtime_result(cudaErrorInvalidResourceHandle);
    pthread_mutex_lock(&lock);
    error = event->pending > 0 ? cudaErrorNotReady : cudaSuccess;
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (event == NULL) return runtime_result(cudaErrorInvalidResourceHandle);
    pthread_mutex_lock(&lock);
    while (event->pending > 0) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
    if (milliseconds == NULL || start == NULL || end == NULL) return runtime_result(cudaErrorInvalidValue);
    cudaError_t error = cudaSuccess;
    pthread_mutex_lock(&lock);
    if (!start->recorded || !end->recorded) error = cudaErrorInvalidResourceHandle;
    else if (start->pending > 0 || end->pending > 0) error = cudaErrorNotReady;
    else *milliseconds = (float)((end->when - start->when) / 1000);
    pthread_mutex_unlock(&lock);
    return runtime_result(error);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    if (event == NULL) return runtime_result(cudaErrorInvalidResourceHandle);
    pthread_mutex_lock(&lock);
    event->destroyed = true;
    release_event(event);
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}
