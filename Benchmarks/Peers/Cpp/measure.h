// Clocks, a histogram, a look at the server's process, and the line of JSON that all C++ clients print.
#pragma once
#include <dirent.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

inline uint64_t Nanoseconds(clockid_t clock) {
  timespec time;
  if (clock_gettime(clock, &time)) return 0;
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}
inline uint64_t Now() { return Nanoseconds(CLOCK_MONOTONIC); }

// Latencies in nanoseconds, in buckets that are a 32nd of a power of two wide.
class Histogram {
 public:
  void Add(uint64_t value) {
    value = value < 32 ? 32 : value;
    int shift = 58 - __builtin_clzll(value);
    buckets_[shift * 32 + ((value >> shift) & 31)]++;
    count_++;
  }
  void Merge(const Histogram& other) {
    for (size_t i = 0; i < buckets_.size(); i++) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
  }
  uint64_t count() const { return count_; }
  // In microseconds.
  double Quantile(double fraction) const {
    uint64_t wanted = std::ceil(count_ * fraction), seen = 0;
    for (size_t i = 0; i < buckets_.size(); i++)
      if ((seen += buckets_[i]) >= wanted && seen) return (32 + i % 32 + 0.5) * std::exp2(double(i / 32)) / 1e3;
    return 0;
  }

 private:
  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(59 * 32);
  uint64_t count_ = 0;
};

// What a process has used: processor time of all threads, voluntary context switches, memory.
struct ProcessSample {
  uint64_t cpu = 0;
  long switches = 0, resident = 0, peak = 0;

  // Of a process; nothing for process 0.
  static ProcessSample Of(int pid) {
    ProcessSample sample;
    if (pid <= 0) return sample;
    sample.cpu = Nanoseconds(static_cast<clockid_t>((~static_cast<unsigned>(pid) << 3) | 2));
    std::string folder = "/proc/" + std::to_string(pid);
    sample.ReadStatus(folder);
    if (DIR* tasks = opendir((folder + "/task").c_str())) {
      while (dirent* task = readdir(tasks))
        if (task->d_name[0] != '.') sample.ReadStatus(folder + "/task/" + task->d_name, true);
      closedir(tasks);
    }
    return sample;
  }

 private:
  void ReadStatus(const std::string& folder, bool task = false) {
    FILE* file = fopen((folder + "/status").c_str(), "r");
    if (!file) return;
    char line[256];
    while (fgets(line, sizeof line, file)) {
      long value;
      if (task) {
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &value) == 1) switches += value;
      } else {
        sscanf(line, "VmRSS: %ld", &resident);
        sscanf(line, "VmHWM: %ld", &peak);
      }
    }
    fclose(file);
  }
};

// Both processes at one moment.
struct Moment {
  uint64_t time = Now(), cpu = Nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
  ProcessSample server;
  long switches;
  explicit Moment(int pid) : server(ProcessSample::Of(pid)) {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    switches = usage.ru_nvcsw;
  }
};

inline void Print(const Moment& from, const Moment& to, const Histogram& latencies, uint64_t errors) {
  double seconds = (to.time - from.time) / 1e9, count = latencies.count() ? latencies.count() : 1;
  printf(
      "{\"seconds\":%.3f,\"operations\":%llu,\"errors\":%llu,\"rate\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,"
      "\"p999\":%.1f,\"client_cpu\":%.3f,\"client_switches\":%.4f,\"server_cpu\":%.3f,\"server_switches\":%.4f,\"server_resident\":%ld,"
      "\"server_peak\":%ld}\n",
      seconds, (unsigned long long)latencies.count(), (unsigned long long)errors, latencies.count() / seconds,
      latencies.Quantile(.5), latencies.Quantile(.9), latencies.Quantile(.99), latencies.Quantile(.999),
      (to.cpu - from.cpu) / 1e3 / count, (to.switches - from.switches) / count,
      (to.server.cpu - from.server.cpu) / 1e3 / count,
      (to.server.switches - from.server.switches) / count, to.server.resident, to.server.peak);
  fflush(stdout);
}
