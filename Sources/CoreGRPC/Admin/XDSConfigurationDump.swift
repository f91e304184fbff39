import CGRPC

/// C-core's dump of the xDS resources of the process.
package enum XDSConfigurationDump {
  /// Returns a message `envoy.service.status.v3.ClientStatusResponse` in the wire format; empty if nothing in the
  /// process uses xDS.
  package static var clientStatusResponse: [UInt8] {
    let library = Library()
    let dump = withExtendedLifetime(library) {
      let slice = unsafe grpc_dump_xds_configs()
      // C-core hands the slice over.
      defer { unsafe grpc_slice_unref(slice) }
      return unsafe slice.withBytes { bytes in unsafe Array(bytes) }
    }
    guard !EngineCapabilities.current.dumpsAllXDSClients, !dump.isEmpty else { return dump }
    return clientStatusResponse(of: dump)
  }

  /// Returns a response with one `ClientConfig`, which is its field 1.
  static func clientStatusResponse(of clientConfig: [UInt8]) -> [UInt8] {
    var response: [UInt8] = [1 << 3 | 2]
    var length = clientConfig.count
    while length > 0x7f {
      response.append(UInt8(length & 0x7f) | 0x80)
      length >>= 7
    }
    response.append(UInt8(length))
    return response + clientConfig
  }
}
