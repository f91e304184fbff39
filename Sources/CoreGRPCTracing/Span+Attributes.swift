import CoreGRPC
import Tracing

extension SpanAttributes {
  /// Sets the attributes of a method.
  mutating func set(_ method: MethodDescriptor) {
    self["rpc.system.name"] = "grpc"
    self["rpc.method"] = method.fullyQualifiedMethod
  }

  /// Sets the attributes of the server that a channel's target names.
  mutating func set(server target: String) { set(EndpointAddress(target), "server.address", "server.port") }

  /// Sets the attributes of the other end of a connection, if there is one.
  mutating func set(peer: String) {
    if !peer.isEmpty { set(EndpointAddress(peer), "network.peer.address", "network.peer.port") }
  }

  private mutating func set(_ address: EndpointAddress, _ host: String, _ port: String) {
    self[host] = address.host
    if let number = address.port { self[port] = Int64(number) }
  }
}

extension Span {
  /// Ends the span of a call.
  ///
  /// - Parameter isFailure: Whether the code is a failure of this end.
  func end(with code: Status.Code, isFailure: Bool) {
    updateAttributes { attributes in
      attributes["rpc.status_code"] = code.description
      if isFailure { attributes["error.type"] = code.description }
    }
    if isFailure { setStatus(SpanStatus(code: .error)) }
    end()
  }
}

extension Status.Code {
  /// The code of an error that an interceptor threw.
  init(thrown error: any Error) {
    switch error {
    case let error as RPCError: self.init(error.code)
    case is CancellationError: self = .cancelled
    default: self = .unknown
    }
  }
}
