#define _GNU_SOURCE
#include "check.h"
#include "cudart_abi.h"

TEST(devices_follow_the_state_file) {
    int count = -1;
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n[gpu 2]\nlost = 1\n");
    CHECK_EQUAL(cudaSuccess, cudaGetDeviceCount(&count));
    CHECK_EQUAL(7, count);
    CHECK_EQUAL(cudaErrorInvalidDevice, cudaSetDevice(7));
    CHECK_EQUAL(cudaErrorInvalidDevice, cudaGetLastError());
    CHECK_EQUAL(cudaSuccess, cudaGetLastError());
    test_file("BRIDGE_FAKE_GPU", "include no-driver.gpu\n");
    CHECK_EQUAL(cudaErrorInsufficientDriver, cudaGetDeviceCount(&count));
    CHECK_EQUAL(0, count);
}

TEST(visible_devices_choose_and_order) {
    int count = -1;
    char id[32];
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n[gpu 6]\nuuid = GPU-six\n");
    setenv("CUDA_VISIBLE_DEVICES", "GPU-six,1", 1);
    CHECK_EQUAL(cudaSuccess, cudaGetDeviceCount(&count));
    CHECK_EQUAL(2, count);
    CHECK_EQUAL(cudaSuccess, cudaDeviceGetPCIBusId(id, sizeof id, 0));
    CHECK_TEXT("0000:d1:00.0", id);
    CHECK_EQUAL(6, bridgeFakeCurrentGpu());
    setenv("CUDA_VISIBLE_DEVICES", "", 1);
    CHECK_EQUAL(cudaErrorNoDevice, cudaGetDeviceCount(&count));
}

TEST(memory_is_limited_and_checked) {
    void *block = NULL, *more = NULL;
    size_t available = 0, total = 0;
    char text[16] = "";
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n[gpu]\nmemory.total_mib = 1024\n");
    CHECK_EQUAL(cudaSuccess, cudaMalloc(&block, 1000 << 20));
    CHECK_EQUAL(cudaErrorMemoryAllocation, cudaMalloc(&more, 100 << 20));
    CHECK_EQUAL(cudaSuccess, cudaMemGetInfo(&available, &total));
    CHECK_EQUAL(24 << 20, available);
    CHECK_EQUAL(cudaSuccess, cudaMemcpy(block, "hello", 6, 1));
    CHECK_EQUAL(cudaSuccess, cudaMemcpy(text, block, 6, 2));
    CHECK_TEXT("hello", text);
    CHECK_EQUAL(cudaErrorInvalidValue, cudaMemset(text, 0, 4));
    CHECK_EQUAL(cudaErrorInvalidValue, cudaMemset(block, 0, 1001 << 20));
    CHECK_EQUAL(cudaSuccess, cudaFree(block));
    CHECK_EQUAL(cudaErrorInvalidValue, cudaFree(block));
}

static bridgeFakeWork *work;
static int started;

static void start_work(void *argument) {
    (void)argument;
    started++;
}

TEST(streams_keep_order_and_virtual_time) {
    cudaStream_t stream;
    cudaEvent_t before, after;
    void *block = NULL;
    unsigned char byte = 0;
    float milliseconds = -1;
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    CHECK_EQUAL(cudaSuccess, cudaStreamCreate(&stream));
    CHECK_EQUAL(cudaSuccess, cudaEventCreate(&before));
    CHECK_EQUAL(cudaSuccess, cudaEventCreate(&after));
    CHECK_EQUAL(cudaSuccess, cudaMalloc(&block, 4096));
    CHECK_EQUAL(cudaSuccess, cudaEventRecord(before, stream));
    CHECK_EQUAL(cudaSuccess, bridgeFakeStreamEnqueue(stream, start_work, NULL, &work));
    CHECK_EQUAL(1, started);
    CHECK_EQUAL(cudaSuccess, cudaMemsetAsync(block, 7, 4096, stream));
    CHECK_EQUAL(cudaSuccess, cudaEventRecord(after, stream));
    CHECK_EQUAL(cudaErrorNotReady, cudaStreamQuery(stream));
    CHECK_EQUAL(cudaErrorNotReady, cudaEventQuery(after));
    CHECK_EQUAL(cudaErrorNotReady, cudaEventElapsedTime(&milliseconds, before, after));
    CHECK_EQUAL(0, ((unsigned char *)block)[100]);
    bridgeFakeStreamComplete(work, 2500);
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(stream));
    CHECK_EQUAL(cudaSuccess, cudaEventElapsedTime(&milliseconds, before, after));
    CHECK(milliseconds > 2.5f && milliseconds < 2.51f);
    CHECK_EQUAL(cudaSuccess, cudaMemcpy(&byte, block, 1, 2));
    CHECK_EQUAL(7, byte);
    CHECK_EQUAL(cudaSuccess, cudaEventDestroy(before));
    CHECK_EQUAL(cudaSuccess, cudaEventDestroy(after));
    CHECK_EQUAL(cudaSuccess, cudaStreamDestroy(stream));
    CHECK_EQUAL(cudaErrorInvalidResourceHandle, cudaStreamQuery(stream));
    CHECK_EQUAL(cudaSuccess, cudaFree(block));
}
