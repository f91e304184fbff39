// A limit for the header blocks that C-core 1.51 parses; see Interposition.md beside this file.

#include "CEngine.h"
#include "Original.h"

#if __has_include(<grpc/slice.h>)

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

  // A code has its lowest two bits free, and success is the code 0. Errors with a text are pointers.
  bool is_ok() const { return representation >> 2 == 0; }
};

using BeginFrame = void(void *, void *, uint32_t, uint8_t, uint8_t, LogInfo);
using Parse = Status(void *, const grpc_slice &, bool);
using Destroy = void(void *);

// The largest header block by the settings of C-core, in bytes; 0 for no limit.
static std::atomic<uint32_t> largest_block{0};
static std::atomic<cengine_header_block_function> observer{nullptr};

// How abseil represents success, which depends on its version. No status has this one.
static std::atomic<uintptr_t> success{UINTPTR_MAX};

// Peers send frames of 16 KiB, and a slow network brings them in pieces of 1.4 KiB.
static uint32_t most_frames(uint32_t largest) { return 32 + largest / (16 * 1024); }
static uint32_t most_pieces(uint32_t largest) { return 64 + largest / 1024; }
static constexpr uint32_t most_pieces_of_refused_frame = 64;

// A header block of more than one frame.
struct Block {
  uint32_t stream = 0;
  // The frames, and the pieces in which they have come.
  uint32_t frames = 0;
  uint32_t pieces = 0;
  bool is_refused = false;
  bool has_last_frame = false;
};

// The blocks that C-core is parsing, by the parsers of their connections. Most programs never have one.
class Blocks {
 public:
  enum class Verdict { kAccepted, kRefused, kJustRefused };

  // Counts a frame.
  Verdict add_frame(const void *parser, uint32_t stream, bool is_last, uint32_t largest) {
    if (is_last && is_empty()) return Verdict::kAccepted;
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = blocks_.find(parser);
    if (found == blocks_.end() || found->second.stream != stream || found->second.has_last_frame) {
      if (is_last) return Verdict::kAccepted;
      found = blocks_.insert_or_assign(parser, Block{stream}).first;
      count_.store(blocks_.size(), std::memory_order_relaxed);
    }
    Block &block = found->second;
    block.frames += 1;
    block.has_last_frame = is_last;
    const bool was_refused = block.is_refused;
    if (block.frames > most_frames(largest) || block.pieces > most_pieces(largest)) block.is_refused = true;
    if (!block.is_refused) return Verdict::kAccepted;
    block.pieces = 0;
    return was_refused ? Verdict::kRefused : Verdict::kJustRefused;
  }

  // Counts a piece of a frame, of which C-core gets the last one in any case.
  //
  // Returns whether C-core gets the piece.
  bool add_piece(const void *parser, bool ends_frame, uint32_t largest) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = blocks_.find(parser);
    if (found == blocks_.end()) return true;
    Block &block = found->second;
    block.pieces += 1;
    const bool is_accepted = block.pieces <= (block.is_refused ? most_pieces_of_refused_frame : most_pieces(largest));
    if (ends_frame && block.has_last_frame) remove(found);
    return is_accepted || ends_frame;
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
  void remove(std::unordered_map<const void *, Block>::iterator block) {
    blocks_.erase(block);
    count_.store(blocks_.size(), std::memory_order_relaxed);
  }

  std::mutex mutex_;
  std::unordered_map<const void *, Block> blocks_;
  std::atomic<size_t> count_{0};
};

// Never destroyed: C-core's threads outlive `main`.
static Blocks &blocks = *new Blocks;

INTERPOSED void begin_frame(void *parser, void *sink, uint32_t limit, uint8_t boundary, uint8_t priority,
                            LogInfo info) __asm__(BEGIN_FRAME);
INTERPOSED Status parse(void *parser, const grpc_slice &slice, bool ends_frame) __asm__(PARSE);
INTERPOSED void destroy(void *parser) __asm__(DESTROY);

void begin_frame(void *parser, void *sink, uint32_t limit, uint8_t boundary, uint8_t priority, LogInfo info) {
  static BeginFrame *const begin_frame = original<BeginFrame>(BEGIN_FRAME);
  const uint32_t largest = largest_block.load(std::memory_order_relaxed);
  // Without a sink C-core drops the headers, and takes one boundary for the other.
  if (largest != 0 && sink != nullptr) {
    // C-core's limit for a peer that has not acknowledged the settings is 16 MiB.
    limit = std::min(limit, largest);
    const auto verdict = blocks.add_frame(parser, info.stream, boundary != kNothing, largest);
    if (verdict != Blocks::Verdict::kAccepted) {
      // Half a header is an error at a boundary, and a whole one exceeds this limit: C-core ends the connection.
      boundary = boundary == kNothing ? kHeaders : boundary;
      limit = 0;
    }
    auto *function = observer.load(std::memory_order_acquire);
    if (verdict == Blocks::Verdict::kJustRefused && function != nullptr) function(info.is_client);
  }
  begin_frame(parser, sink, limit, boundary, priority, info);
}

Status parse(void *parser, const grpc_slice &slice, bool ends_frame) {
  static Parse *const parse = original<Parse>(PARSE);
  if (blocks.is_empty()) return parse(parser, slice, ends_frame);
  const uintptr_t ok = success.load(std::memory_order_relaxed);
  const bool is_accepted = blocks.add_piece(parser, ends_frame, largest_block.load(std::memory_order_relaxed));
  if (!is_accepted && ok != UINTPTR_MAX) return Status{ok};
  Status status = parse(parser, slice, ends_frame);
  if (status.is_ok()) success.store(status.representation, std::memory_order_relaxed);
  return status;
}

void destroy(void *parser) {
  static Destroy *const destroy = original<Destroy>(DESTROY);
  blocks.forget(parser);
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
