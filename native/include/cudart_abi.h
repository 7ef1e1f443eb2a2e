// The part of the CUDA runtime's C ABI (12.x) that the fake serves.
#ifndef BRIDGE_CUDART_ABI_H
#define BRIDGE_CUDART_ABI_H

#include <stddef.h>

#ifndef BRIDGE_EXPORT
#define BRIDGE_EXPORT __attribute__((visibility("default")))
#endif

typedef int cudaError_t;
typedef struct CUstream_st *cudaStream_t;
typedef struct CUevent_st *cudaEvent_t;

enum {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDevice = 101,
    cudaErrorInvalidResourceHandle = 400,
    cudaErrorNotReady = 600,
    cudaErrorUnknown = 999,
};

BRIDGE_EXPORT cudaError_t cudaRuntimeGetVersion(int *version);
BRIDGE_EXPORT cudaError_t cudaDriverGetVersion(int *version);
BRIDGE_EXPORT cudaError_t cudaGetDeviceCount(int *count);
BRIDGE_EXPORT cudaError_t cudaSetDevice(int device);
BRIDGE_EXPORT cudaError_t cudaGetDevice(int *device);
BRIDGE_EXPORT cudaError_t cudaDeviceGetPCIBusId(char *id, int length, int device);
BRIDGE_EXPORT cudaError_t cudaDeviceSynchronize(void);
BRIDGE_EXPORT cudaError_t cudaMemGetInfo(size_t *available, size_t *total);
BRIDGE_EXPORT cudaError_t cudaMalloc(void **pointer, size_t size);
BRIDGE_EXPORT cudaError_t cudaFree(void *pointer);
BRIDGE_EXPORT cudaError_t cudaMemset(void *pointer, int value, size_t size);
BRIDGE_EXPORT cudaError_t cudaMemsetAsync(void *pointer, int value, size_t size, cudaStream_t stream);
BRIDGE_EXPORT cudaError_t cudaMemcpy(void *to, const void *from, size_t size, int kind);
BRIDGE_EXPORT cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t size, int kind, cudaStream_t stream);
BRIDGE_EXPORT cudaError_t cudaStreamCreate(cudaStream_t *stream);
BRIDGE_EXPORT cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
BRIDGE_EXPORT cudaError_t cudaStreamQuery(cudaStream_t stream);
BRIDGE_EXPORT cudaError_t cudaStreamSynchronize(cudaStream_t stream);
BRIDGE_EXPORT cudaError_t cudaStreamDestroy(cudaStream_t stream);
BRIDGE_EXPORT cudaError_t cudaEventCreate(cudaEvent_t *event);
BRIDGE_EXPORT cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
BRIDGE_EXPORT cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
BRIDGE_EXPORT cudaError_t cudaEventQuery(cudaEvent_t event);
BRIDGE_EXPORT cudaError_t cudaEventSynchronize(cudaEvent_t event);
BRIDGE_EXPORT cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end);
BRIDGE_EXPORT cudaError_t cudaEventDestroy(cudaEvent_t event);
BRIDGE_EXPORT cudaError_t cudaGetLastError(void);
BRIDGE_EXPORT const char *cudaGetErrorName(cudaError_t error);
BRIDGE_EXPORT const char *cudaGetErrorString(cudaError_t error);

// The seam between the two fakes: the fake NCCL puts its work on a stream of the fake runtime and says how long it
// took.
typedef struct bridgeFakeWork bridgeFakeWork;

// `start` is called once everything before it on the stream is done; it must not block. *work is set before that.
BRIDGE_EXPORT cudaError_t bridgeFakeStreamEnqueue(cudaStream_t stream, void (*start)(void *), void *argument,
                                                  bridgeFakeWork **work);
// Ends the work; the stream's clock goes on by that many microseconds.
BRIDGE_EXPORT void bridgeFakeStreamComplete(bridgeFakeWork *work, double microseconds);
// The machine's number of the current GPU (its rail), -1 when there is none.
BRIDGE_EXPORT int bridgeFakeCurrentGpu(void);

#endif
