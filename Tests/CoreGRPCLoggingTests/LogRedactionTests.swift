import Testing

@testable import CoreGRPC

@Suite("Values of metadata in C-core's log")
struct LogRedactionTests {
  @Test(
    "They are cut off",
    arguments: [
      ("Error parsing metadata: error=invalid value key=te value=hunter2 x", "key=te value=<redacted>"),
      ("Append error: key=grpc-timeout error=invalid value value=hunter2", "invalid value value=<redacted>"),
      (
        #"validate_metadata: UNKNOWN:Illegal header value {raw_bytes:"68 'hunter2'", offset:7}"#, "raw_bytes:<redacted>"
      ),
      ("HTTP:1:HDR:SVR: authorization: hunter2", "HTTP:1:HDR:SVR: <redacted>"),
      ("SEND_INITIAL_METADATA{authorization: hunter2}", "SEND_INITIAL_METADATA{<redacted>"),
      ("chand RecvTrailingMetadataReady error=OK md=key: hunter2", " md=<redacted>"),
      ("key=authorization value=68 75 'hunter2'", "key=authorization value=<redacted>"),
    ]
  )
  func values(text: String, end: String) {
    let redacted = LogRedaction.redact(text)
    #expect(redacted.hasSuffix(end))
    #expect(!redacted.contains("hunter2"))
  }

  @Test(
    "Other text stays as it is",
    arguments: ["", "grpc epoll fd: 5", "No address added out of total 1 resolved", "has_value=true", "höhe: 5"]
  )
  func other(text: String) { #expect(LogRedaction.redact(text) == text) }
}
