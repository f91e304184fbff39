import CoreGRPC
import Testing

@Suite("Status and errors as values")
struct StatusTests {
  @Test("The codes have the numbers and names of the specification")
  func codes() {
    let names = [
      "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
      "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
      "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]
    #expect(Status.Code.allCases.map(\.description) == names)
    #expect(Status.Code.allCases.map(\.rawValue) == Array(0...16))
    #expect(Status.Code(rawValue: 17) == nil)
    #expect(Status.Code(rawValue: -1) == nil)
  }

  @Test("An error is a status that is not OK")
  func errors() throws {
    #expect(RPCError(status: .ok) == nil)
    #expect(RPCError.Code(.ok) == nil)
    #expect(RPCError.Code(rawValue: 0) == nil)
    #expect(RPCError.Code(rawValue: 5) == .notFound)
    #expect(RPCError.Code(rawValue: 16) == .unauthenticated)
    #expect(RPCError.Code(rawValue: 17) == nil)
    let same = RPCError(code: .notFound, message: "m", metadata: ["a": "b"], cause: CancellationError())
    #expect(Set([same, RPCError(code: .notFound, message: "m", metadata: ["a": "b"])]).count == 1)
    #expect(Set([same, RPCError(code: .notFound, message: "m")]).count == 2)
    let convertible: any RPCErrorConvertible = same
    #expect(RPCError(convertible) == same)
    #expect(Status(httpStatusCode: 503) == Status(code: .unavailable, message: "HTTP 503: Service Unavailable"))
    #expect(Status(httpStatusCode: 418) == Status(code: .unknown, message: "HTTP 418"))
    let error = try #require(RPCError(status: Status(code: .notFound, message: "no such user"), metadata: ["a": "b"]))
    #expect(error.description == "NOT_FOUND: no such user")
    #expect(Status(error) == Status(code: .notFound, message: "no such user"))
    #expect(Status.ok.description == "OK")
    #expect(Status(code: .cancelled, message: "CANCELLED").description == "CANCELLED")
    #expect(Status(code: .deadlineExceeded, message: "Deadline Exceeded").description == "DEADLINE_EXCEEDED")
    #expect(RPCError(code: .deadlineExceeded, message: "").description == "DEADLINE_EXCEEDED")
    #expect(Status(code: .cancelled, message: "Cancelled by peer").description == "CANCELLED: Cancelled by peer")
  }
}
