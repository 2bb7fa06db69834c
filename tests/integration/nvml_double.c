/* A library that answers like NVML for a machine with three GPUs, the second of which has fallen off its bus.

   Two files beside it, where they are there, say otherwise: `count` how many GPUs there are, counted once when NVML is
   initialised, as the real one may; `lost` which of them (from 1) is lost. Each initialisation is noted in `inits`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned gpu, memory; } utilization_t;
enum { SUCCESS = 0, NOT_SUPPORTED = 3, GPU_IS_LOST = 15 };

static unsigned known;

static FILE *beside(const char *name, const char *mode) {
    Dl_info self;
    char path[4096];
    if (!dladdr((void *)beside, &self)) return NULL;
    snprintf(path, sizeof path, "%s", self.dli_fname);
    char *slash = strrchr(path, '/');
    if (!slash) return NULL;
    snprintf(slash + 1, sizeof path - (size_t)(slash + 1 - path), "%s", name);
    return fopen(path, mode);
}

static unsigned said(const char *name, unsigned otherwise) {
    FILE *file = beside(name, "r");
    unsigned value = otherwise;
    if (file) {
        if (fscanf(file, "%u", &value) != 1) value = otherwise;
        fclose(file);
    }
    return value;
}

static int answer(void *device) {
    return (unsigned long)device == said("lost", 2) ? GPU_IS_LOST : SUCCESS;
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    known = said("count", 3);
    FILE *file = beside("inits", "a");
    if (file) {
        fputc('.', file);
        fclose(file);
    }
    return SUCCESS;
}

int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return SUCCESS; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "560.35"); return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = known; return SUCCESS; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = (void *)(unsigned long)(index + 1);
    return answer(*device);
}

int nvmlDeviceGetUUID(void *device, char *text, unsigned size) {
    snprintf(text, size, "GPU-%08lx", (unsigned long)device);
    return answer(device);
}

int nvmlDeviceGetName(void *device, char *text, unsigned size) {
    snprintf(text, size, "Test GPU");
    return answer(device);
}

int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
    memory->total = 8ULL << 30 << (unsigned long)device;
    memory->used = (unsigned long long)(unsigned long)device << 30;
    memory->free = memory->total - memory->used;
    return answer(device);
}

int nvmlDeviceGetUtilizationRates(void *device, utilization_t *rates) {
    rates->gpu = 25 * (unsigned)(unsigned long)device;
    rates->memory = 0;
    return answer(device);
}

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *degrees) {
    *degrees = 60 + (unsigned)(unsigned long)device;
    return sensor == 0 ? answer(device) : NOT_SUPPORTED;
}

/* The third one is too small to measure its power; nvmlDeviceGetPowerUsage itself is missing from very old drivers. */
#ifndef WITHOUT_POWER
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    *milliwatts = 250500;
    return (unsigned long)device == 3 ? NOT_SUPPORTED : answer(device);
}
#endif

const char *nvmlErrorString(int code) { return code == GPU_IS_LOST ? "GPU is lost" : "an error"; }
