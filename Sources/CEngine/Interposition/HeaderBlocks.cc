// A limit for the header blocks that C-core 1.51 parses; see Interposition.md beside this file.

#include "CEngine.h"
#include "MissingStatus.h"

#if __has_include(<grpc/slice.h>)

#include <dlfcn.h>
#include <grpc/slice.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#define BEGIN_FRAME                                                                                                  \
  "_ZN9grpc_core11HPackParser10BeginFrameEP19grpc_metadata_batchjNS0_8BoundaryENS0_8PriorityENS0_7LogInfoE"
#define PARSE "_ZN9grpc_core11HPackParser5ParseERK10grpc_sliceb"
#define DESTROY "_ZN9grpc_core11HPackParserD1Ev"

namespace header_blocks {

// `HPackParser::Boundary`: what a frame ends.
enum Boundary : uint8_t { kNothing, kHeaders, kStream };

// `HPackParser::LogInfo`.
struct LogInfo {
  uint32_t stream;
  uint8_t type;
  bool is_client;
};

// `absl::Status`. It is returned in memory, since its destructor is not trivial.
struct Status {
  uintptr_t representation;

  ~Status() {}

  // A code without a text has its lowest two bits free, and success is the code 0. Others are pointers.
  bool is_ok() const { return representation >> 2 == 0; }
};

using BeginFrame = void(void *, void *, uint32_t, uint8_t, uint8_t, LogInfo);
using Parse = Status(void *, const grpc_slice &, bool);
using Destroy = void(void *);

// C-core's own function, which one of this file stands before.
template <class Function>
static Function *original(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

// The largest header block by the settings of C-core, in bytes; 0 for no limit.
static std::atomic<uint32_t> largest_block{0};
static std::atomic<cengine_header_block_function> observer{nullptr};

// How abseil represents success, which depends on its version. No status has this one.
static std::atomic<uintptr_t> success{UINTPTR_MAX};

// `absl::StatusCode::kInternal`.
static constexpr uintptr_t internal_error = 13;

static constexpr uint32_t most_frames = 256;

// A block on the wire, which may be larger than the headers in it.
static uint64_t most_bytes(uint64_t largest) { return 2 * largest + 64 * 1024; }

// What C-core copies and parses: it begins anew with each piece. About a second's work with a limit of a MiB.
static uint64_t most_work(uint64_t largest) { return 512 * largest; }

// The headers that end in a frame of a block of several frames, which C-core counts by themselves: references to the
// table take a byte each. The library's own limit of a call's metadata is half of C-core's, and one header may have it.
static uint32_t most_of_frame(uint32_t largest) { return largest / 2; }

// A header block that has not come whole, or of which C-core drops a frame.
struct Block {
  uint32_t frames = 0;
  uint64_t bytes = 0;
  uint64_t work = 0;
  bool has_last_frame = true;

  // A frame that C-core drops, and has taken for one that does not end its block.
  bool is_dropped = false;
  uint64_t bytes_of_frame = 0;
  uint32_t limit = 0;
  uint8_t priority = 0;
  LogInfo info = {};
};

// The blocks that C-core is parsing, by the parsers of their connections. A block of one frame that comes in one piece,
// as nearly all do, is none of them.
class Blocks {
 public:
  // Takes note of a frame of headers for which there is a sink.
  void begin(const void *parser, bool is_last, bool &is_one_of_several) {
    if (is_last && is_empty()) return;
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = blocks_.find(parser);
    // A block is over when another one begins: the rest of one whose stream has ended comes as dropped frames.
    if (found != blocks_.end() && found->second.has_last_frame) {
      remove(found);
      found = blocks_.end();
    }
    if (found == blocks_.end()) {
      if (is_last) return;
      found = add(parser);
    }
    found->second.has_last_frame = is_last;
    found->second.frames += 1;
    is_one_of_several = true;
  }

  // Takes note of a frame whose headers C-core drops.
  void begin_dropped(const void *parser, uint32_t limit, bool is_taken_for_open, uint8_t priority,
                     const LogInfo &info) {
    if (!is_taken_for_open && is_empty()) return;
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = blocks_.find(parser);
    if (found != blocks_.end()) remove(found);
    if (!is_taken_for_open) return;
    Block &block = add(parser)->second;
    block.is_dropped = true;
    block.limit = limit;
    block.priority = priority;
    block.info = info;
  }

  // Takes note of a piece of a frame.
  //
  // Returns whether the block is within the limit.
  bool add_piece(const void *parser, size_t size, bool ends_frame, uint64_t largest, Block &current) {
    if (ends_frame && is_empty()) return true;
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = blocks_.find(parser);
    if (found == blocks_.end()) {
      if (ends_frame) return true;
      found = add(parser);
    }
    Block &block = found->second;
    current = block;
    block.bytes += size;
    block.bytes_of_frame += size;
    block.work += block.bytes;
    const bool is_within = block.frames <= most_frames && block.bytes <= most_bytes(largest)
        && block.work <= most_work(largest);
    if (!is_within || (ends_frame && block.has_last_frame)) remove(found);
    return is_within;
  }

  void forget(const void *parser) {
    if (is_empty()) return;
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = blocks_.find(parser);
    if (found != blocks_.end()) remove(found);
  }

  // A connection is parsed by one thread at a time, which sees its own block counted.
  bool is_empty() const { return count_.load(std::memory_order_relaxed) == 0; }

 private:
  using Table = std::unordered_map<const void *, Block>;

  Table::iterator add(const void *parser) {
    auto added = blocks_.emplace(parser, Block{}).first;
    count_.store(blocks_.size(), std::memory_order_relaxed);
    return added;
  }

  void remove(Table::iterator block) {
    blocks_.erase(block);
    count_.store(blocks_.size(), std::memory_order_relaxed);
  }

  std::mutex mutex_;
  Table blocks_;
  std::atomic<size_t> count_{0};
};

// Never destroyed: C-core's threads outlive `main`.
static Blocks &blocks() {
  static Blocks &blocks = *new Blocks;
  return blocks;
}

// The functions that stand before C-core's own, by their names. They are weak: a program with a static C-core takes
// C-core's.

__attribute__((weak, visibility("default"))) void begin_frame(void *parser, void *sink, uint32_t limit,
                                                              uint8_t boundary, uint8_t priority,
                                                              LogInfo info) __asm__(BEGIN_FRAME);
__attribute__((weak, visibility("default"))) Status parse(void *parser, const grpc_slice &slice,
                                                          bool ends_frame) __asm__(PARSE);
__attribute__((weak, visibility("default"))) void destroy(void *parser) __asm__(DESTROY);

static BeginFrame *original_begin_frame() {
  static BeginFrame *const function = original<BeginFrame>(BEGIN_FRAME);
  return function;
}

void begin_frame(void *parser, void *sink, uint32_t limit, uint8_t boundary, uint8_t priority, LogInfo info) {
  const uint32_t largest = largest_block.load(std::memory_order_relaxed);
  if (largest != 0) {
    // C-core's limit for a peer that has not acknowledged the settings is 16 MiB.
    limit = std::min(limit, largest);
    if (sink == nullptr) {
      // C-core confuses the boundaries of frames whose headers it drops.
      blocks().begin_dropped(parser, limit, boundary == kNothing, priority, info);
    } else {
      bool is_one_of_several = false;
      blocks().begin(parser, boundary != kNothing, is_one_of_several);
      if (is_one_of_several) limit = std::min(limit, most_of_frame(largest));
    }
  }
  original_begin_frame()(parser, sink, limit, boundary, priority, info);
  missing_status::begin_frame(parser, sink, info.is_client && boundary == kStream);
}

static Status parse_within_limits(void *parser, const grpc_slice &slice, bool ends_frame) {
  static Parse *const parse = original<Parse>(PARSE);
  const uint32_t largest = largest_block.load(std::memory_order_relaxed);
  const uintptr_t ok = success.load(std::memory_order_relaxed);
  // Nearly always.
  const bool is_whole = ends_frame && blocks().is_empty();
  if (largest == 0 || (is_whole && ok != UINTPTR_MAX)) return parse(parser, slice, ends_frame);
  Block block;
  const bool is_within = blocks().add_piece(parser, GRPC_SLICE_LENGTH(slice), ends_frame, largest, block);
  if (!is_within && ok != UINTPTR_MAX) {
    if (auto *function = observer.load(std::memory_order_acquire)) function();
    // C-core ends the connection, as for a header that it cannot read.
    return Status{internal_error << 2 | ok};
  }
  const bool ends_dropped = block.is_dropped && ends_frame;
  if (ends_dropped) {
    // Half a header at the end of a block is an error, and C-core would put it before the next block.
    const uint8_t priority = block.bytes_of_frame < 5 ? block.priority : 0;
    original_begin_frame()(parser, nullptr, block.limit, kHeaders, priority, block.info);
  }
  Status status = parse(parser, slice, ends_frame);
  // C-core asks for the boundary afterwards.
  if (ends_dropped) original_begin_frame()(parser, nullptr, block.limit, kNothing, 0, block.info);
  if (ok == UINTPTR_MAX && status.is_ok()) success.store(status.representation, std::memory_order_relaxed);
  return status;
}

Status parse(void *parser, const grpc_slice &slice, bool ends_frame) {
  Status status = parse_within_limits(parser, slice, ends_frame);
  if (ends_frame && status.is_ok()) missing_status::end_frame(parser);
  return status;
}

void destroy(void *parser) {
  static Destroy *const destroy = original<Destroy>(DESTROY);
  blocks().forget(parser);
  missing_status::forget(parser);
  destroy(parser);
}

}  // namespace header_blocks

extern "C" void cengine_limit_header_blocks(unsigned bytes, cengine_header_block_function function) {
  using namespace header_blocks;
  observer.store(function, std::memory_order_release);
  uint32_t largest = largest_block.load(std::memory_order_relaxed);
  while (largest < bytes && !largest_block.compare_exchange_weak(largest, bytes)) {
  }
}

#endif
