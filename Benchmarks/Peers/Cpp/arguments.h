// Command lines of the form "--name value", for all C++ programs here.
#pragma once
#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

struct Arguments {
  int argc;
  char** argv;

  std::string Text(const char* name, const char* fallback) const {
    for (int i = 1; i + 1 < argc; i++)
      if (!strcmp(argv[i], name)) return argv[i + 1];
    return fallback;
  }
  long Number(const char* name, long fallback) const { return atol(Text(name, std::to_string(fallback).c_str()).c_str()); }
  double Seconds(const char* name, double fallback) const {
    return atof(Text(name, std::to_string(fallback).c_str()).c_str());
  }
  // The content of the file that an option names; empty without the option.
  std::string File(const char* name) const {
    std::string path = Text(name, "");
    if (path.empty()) return "";
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }
};

// Waits for SIGINT or SIGTERM. Make it before the first thread: threads inherit that the signals are blocked.
class StopSignal {
 public:
  StopSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void Wait() {
    int signal;
    sigwait(&set_, &signal);
  }

 private:
  sigset_t set_;
};
