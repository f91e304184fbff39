// Responses without grpc-status, which end the process where C-core 1.51 can retry; see Interposition.md beside this
// file.

#include "MissingStatus.h"

#include "CEngine.h"

#if __has_include(<grpc/slice.h>)

#include <dlfcn.h>
#include <grpc/slice.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>

// `MetadataMap::Append` of `grpc_metadata_batch`.
#define APPEND                                                                                                        \
  "_ZN9grpc_core11MetadataMapI19grpc_metadata_batchJNS_16HttpPathMetadataENS_21HttpAuthorityMetadataENS"              \
  "_18HttpMethodMetadataENS_18HttpStatusMetadataENS_18HttpSchemeMetadataENS_19ContentTypeMetadataENS_10"              \
  "TeMetadataENS_20GrpcEncodingMetadataENS_27GrpcInternalEncodingRequestENS_26GrpcAcceptEncodingMetadat"              \
  "aENS_18GrpcStatusMetadataENS_19GrpcTimeoutMetadataENS_31GrpcPreviousRpcAttemptsMetadataENS_27GrpcRet"              \
  "ryPushbackMsMetadataENS_17UserAgentMetadataENS_19GrpcMessageMetadataENS_12HostMetadataENS_30Endpoint"              \
  "LoadMetricsBinMetadataENS_26GrpcServerStatsBinMetadataENS_20GrpcTraceBinMetadataENS_19GrpcTagsBinMet"              \
  "adataENS_25GrpcLbClientStatsMetadataENS_17LbCostBinMetadataENS_15LbTokenMetadataENS_22GrpcStreamNetw"              \
  "orkStateENS_10PeerStringENS_17GrpcStatusContextENS_18GrpcStatusFromWireENS_12WaitForReadyEEE6AppendE"              \
  "N4absl7debian311string_viewENS_5SliceENSX_11FunctionRefIFvSY_RKSZ_EEE"

namespace missing_status {

// `absl::string_view`.
struct Text {
  const char *start;
  size_t length;
};

// `absl::FunctionRef` of a function that gets a header which cannot be read.
struct ErrorFunction {
  void *object;
  void (*function)(void *, Text, const void *);
};

// `Slice` is passed by its address, since its destructor is not trivial.
using Append = void(void *, Text, grpc_slice *, ErrorFunction);

// How a `grpc_metadata_batch` begins.
struct Layout {
  uint32_t http_status_bit;
  uint32_t status_bit;
  size_t http_status;
};

static uint32_t number(const void *batch, size_t offset) {
  uint32_t number;
  memcpy(&number, static_cast<const char *>(batch) + offset, sizeof number);
  return number;
}

// The headers that a batch has, of those that C-core knows: there are 29.
static uint32_t present_bits(const void *batch) { return number(batch, 0); }

static Append *append_function() {
  static Append *const function = reinterpret_cast<Append *>(dlsym(RTLD_DEFAULT, APPEND));
  return function;
}

static void append(void *batch, Text key, const char *value) {
  grpc_slice slice = grpc_slice_from_static_string(value);
  append_function()(batch, key, &slice, ErrorFunction{nullptr, [](void *, Text, const void *) {}});
  grpc_slice_unref(slice);
}

static constexpr Text http_status{":status", 7};
static constexpr Text grpc_status{"grpc-status", 11};

static bool is_one_bit(uint32_t bits) { return bits != 0 && (bits & (bits - 1)) == 0; }

// Finds out where a batch has what is needed, by two headers in an empty one, which is all zeros.
static std::optional<Layout> find_layout() {
  if (!append_function()) return std::nullopt;
  alignas(16) static unsigned char batch[8192];
  constexpr size_t searched = 4096;
  append(batch, http_status, "599");
  const uint32_t http_status_bit = present_bits(batch);
  size_t found = 0, offset = 0;
  for (size_t place = sizeof(uint32_t); place < searched; place += sizeof(uint32_t)) {
    if (number(batch, place) != 599) continue;
    found += 1;
    offset = place;
  }
  append(batch, grpc_status, "13");
  const uint32_t status_bit = present_bits(batch) & ~http_status_bit;
  if (!is_one_bit(http_status_bit) || !is_one_bit(status_bit) || found != 1) return std::nullopt;
  return Layout{http_status_bit, status_bit, offset};
}

static const std::optional<Layout> &layout() {
  static const std::optional<Layout> layout = find_layout();
  return layout;
}

// The batches of the last frames of responses that are being parsed, by the parsers of their connections.
class Batches {
 public:
  void set(const void *parser, void *batch) {
    if (batch == nullptr && count_.load(std::memory_order_relaxed) == 0) return;
    std::lock_guard<std::mutex> lock(mutex_);
    if (batch != nullptr) {
      batches_[parser] = batch;
    } else {
      batches_.erase(parser);
    }
    count_.store(batches_.size(), std::memory_order_relaxed);
  }

  void *take(const void *parser) {
    if (count_.load(std::memory_order_relaxed) == 0) return nullptr;
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = batches_.find(parser);
    if (found == batches_.end()) return nullptr;
    void *batch = found->second;
    batches_.erase(found);
    count_.store(batches_.size(), std::memory_order_relaxed);
    return batch;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const void *, void *> batches_;
  // A connection is parsed by one thread at a time, which sees its own batch counted.
  std::atomic<size_t> count_{0};
};

// Never destroyed: C-core's threads outlive `main`.
static Batches &batches() {
  static Batches &batches = *new Batches;
  return batches;
}

static std::atomic<bool> is_completing{false};

// What a parser has first: where it puts headers, or null if it drops them.
static void *sink(const void *parser) { return *static_cast<void *const *>(parser); }

void begin_frame(const void *parser, void *batch, bool ends_response) {
  if (!is_completing.load(std::memory_order_relaxed)) return;
  batches().set(parser, ends_response && batch != nullptr && sink(parser) == batch ? batch : nullptr);
}

void end_frame(const void *parser) {
  if (!is_completing.load(std::memory_order_relaxed)) return;
  void *batch = batches().take(parser);
  // Where the call has ended meanwhile, the batch is gone.
  if (batch == nullptr || sink(parser) != batch) return;
  const uint32_t bits = present_bits(batch);
  if (bits & layout()->status_bit) return;
  // C-core makes a status of the one that HTTP has, if that is none of success.
  if ((bits & layout()->http_status_bit) && number(batch, layout()->http_status) != 200) return;
  append(batch, grpc_status, "2");
  append(batch, Text{"grpc-message", 12}, "the response has no grpc-status");
}

void forget(const void *parser) { batches().set(parser, nullptr); }

}  // namespace missing_status

extern "C" bool cengine_complete_missing_statuses(void) {
  using namespace missing_status;
  if (!layout()) return false;
  is_completing.store(true, std::memory_order_relaxed);
  return true;
}

#endif
