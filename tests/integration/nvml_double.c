/* A library that answers like NVML for a machine with three GPUs, the second of which has fallen off its bus. */
#include <stdio.h>
#include <string.h>

typedef struct { unsigned long long total, free, used; } memory_t;
enum { SUCCESS = 0, GPU_IS_LOST = 15 };

int nvmlInit_v2(void) { return SUCCESS; }
int nvmlInitWithFlags(unsigned flags) { (void)flags; return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "560.35"); return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 3; return SUCCESS; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = (void *)(unsigned long)(index + 1);
    return index == 1 ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetUUID(void *device, char *text, unsigned size) {
    snprintf(text, size, "GPU-%08lx", (unsigned long)device);
    return SUCCESS;
}

int nvmlDeviceGetName(void *device, char *text, unsigned size) {
    (void)device;
    snprintf(text, size, "Test GPU");
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
    memory->total = 8ULL << 30 << (unsigned long)device;
    memory->free = memory->total;
    memory->used = 0;
    return SUCCESS;
}

const char *nvmlErrorString(int code) { return code == GPU_IS_LOST ? "GPU is lost" : "an error"; }
