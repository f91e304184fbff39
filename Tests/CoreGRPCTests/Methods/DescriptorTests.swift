import Testing

@testable import CoreGRPC

@Suite("Descriptors of services and methods")
struct DescriptorTests {
  @Test("A service's name is a package and a name of its own")
  func services() {
    let service = ServiceDescriptor(package: "a.b", service: "C")
    #expect(service.fullyQualifiedService == "a.b.C" && service.package == "a.b" && service.service == "C")
    #expect(service == ServiceDescriptor(fullyQualifiedService: "a.b.C"))
    let bare = ServiceDescriptor(package: "", service: "C")
    #expect(bare.fullyQualifiedService == "C" && bare.package == "" && bare.service == "C")
  }

  @Test("A method that is renamed has another path, and its kind is not a part of its name")
  func methods() {
    var method = MethodDescriptor(fullyQualifiedService: "a.B", method: "C", type: .serverStreaming)
    #expect(method.type == .serverStreaming && method.path == "/a.B/C" && method.fullyQualifiedMethod == "a.B/C")
    #expect(Set([method]).contains(MethodDescriptor(fullyQualifiedService: "a.B", method: "C")))
    method.method = "D"
    #expect(method.path == "/a.B/D")
    method.service.fullyQualifiedService = "e.F"
    #expect(method.path == "/e.F/D" && method == MethodDescriptor(fullyQualifiedService: "e.F", method: "D"))
    #expect(MethodDescriptor.RPCType.allCases.map(\.isRequestStreaming) == [false, true, false, true])
    #expect(MethodDescriptor.RPCType.allCases.map(\.isResponseStreaming) == [false, false, true, true])
  }
}
