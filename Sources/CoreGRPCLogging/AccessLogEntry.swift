import CoreGRPC
import Logging

/// The facts about a call that the access log shows.
struct AccessLogEntry: Sendable {
  /// The method, or the path that a client has called: at most 200 characters of it, without control characters.
  private let method: String
  private let peer: String
  private let code: Status.Code
  private let refusal: RefusedCall.Reason?
  private let duration: Duration
  private let traffic: CallTraffic
  private let requestMetadata: [(key: String, values: [String])]

  /// - Parameter metadataKeys: The keys of the client's metadata to show, in lower case.
  init(_ call: borrowing EndedServerCall, metadataKeys: [String]) {
    let path = call.path
    let text = path.hasPrefix("/") ? path.dropFirst() : path[...]
    // A method of the server has a name that the program chose.
    method = call.method != nil ? String(text) : Self.shortened(text)
    peer = call.remotePeer
    code = call.code
    refusal = call.refusal
    duration = call.duration
    traffic = call.traffic
    let metadata = metadataKeys.isEmpty ? [:] : call.metadata
    requestMetadata = metadataKeys.compactMap { key in
      let values = metadata[key].map { $0.encoded() }
      return values.isEmpty ? nil : (key, values)
    }
  }

  private static func shortened(_ text: Substring) -> String {
    text.unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
  }

  /// The entry's message.
  var message: String { "\(method) \(code)" }

  /// The entry's metadata.
  var metadata: Logger.Metadata {
    let (seconds, attoseconds) = duration.components
    let microseconds = String(attoseconds / 1_000_000_000_000)
    let fraction = String(repeating: "0", count: 6 - microseconds.utf8.count) + microseconds
    var metadata: Logger.Metadata = [
      "grpc.method": "\(method)",
      "grpc.status": "\(code)",
      "grpc.peer": "\(peer)",
      "grpc.duration": "\(seconds).\(fraction)",
      "grpc.sent_bytes": "\(traffic.sentBytes)",
      "grpc.received_bytes": "\(traffic.receivedBytes)",
      "grpc.sent_messages": "\(traffic.sentMessages)",
      "grpc.received_messages": "\(traffic.receivedMessages)",
    ]
    if let refusal { metadata["grpc.refusal"] = "\(refusal)" }
    for (key, values) in requestMetadata {
      metadata["grpc.request.metadata.\(key)"] = .array(values.map { "\($0)" })
    }
    return metadata
  }
}
