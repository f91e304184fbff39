import Testing

@testable import CoreGRPC

@Suite("Reasons of a failed bind in C-core's log")
struct BindFailureTests {
  @Test("The system's words are found in the log of each version")
  func systemsWords() {
    let logs = [
      #"UNKNOWN:No address added {children:[UNKNOWN:x {syscall:"bind", os_error:"Address already in use", errno:98}]}"#,
      #"UNKNOWN:No address added {children:[FAILED_PRECONDITION:Error in bind for address '[::1]:1': Address already in use]}"#,
      "Failed to add port: No address added (Error in bind for address '/a'b': Address already in use)",
    ]
    for log in logs { #expect(BindFailure.reason(in: log) == "Address already in use") }
  }

  @Test("Different reasons of several addresses are all told, each once")
  func several() {
    let log = """
      x (Error in bind for address 'a': No such file; Error in bind for address 'b': Denied), \
      Error in bind for address 'c': Denied]
      """
    #expect(BindFailure.reason(in: log) == "No such file; Denied")
  }

  @Test("Other texts are told as they are, without a code before and details after")
  func others() {
    #expect(BindFailure.reason(in: "UNKNOWN:Name or service not known {grpc_status:2}") == "Name or service not known")
    #expect(BindFailure.reason(in: "") == "C-core gave no reason")
  }
}
