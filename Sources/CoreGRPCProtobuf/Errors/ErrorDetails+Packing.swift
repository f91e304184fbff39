import ProtobufC
import ProtobufCWellKnownTypes

/// A detail that is one of Google's messages.
protocol MessageBackedDetail: Sendable, Hashable {
  associatedtype Storage: Message

  /// The message, with the fields of newer versions of its `.proto` file.
  var storage: Storage { get set }

  init(storage: Storage)
}

extension ErrorDetails {
  /// The detail as a status holds it.
  var packed: Google_Protobuf_Any {
    switch kind {
    case .errorInfo(let info): Google_Protobuf_Any(packing: info.storage)
    case .retryInfo(let info): Google_Protobuf_Any(packing: info.storage)
    case .debugInfo(let info): Google_Protobuf_Any(packing: info.storage)
    case .quotaFailure(let info): Google_Protobuf_Any(packing: info.storage)
    case .preconditionFailure(let info): Google_Protobuf_Any(packing: info.storage)
    case .badRequest(let info): Google_Protobuf_Any(packing: info.storage)
    case .requestInfo(let info): Google_Protobuf_Any(packing: info.storage)
    case .resourceInfo(let info): Google_Protobuf_Any(packing: info.storage)
    case .help(let info): Google_Protobuf_Any(packing: info.storage)
    case .localizedMessage(let info): Google_Protobuf_Any(packing: info.storage)
    case .any(let any): any
    }
  }

  /// Unpacks one of Google's ten details, and keeps everything else packed.
  init(unpacking any: Google_Protobuf_Any, limits: DecodingLimits) {
    // One chain of these would take the compiler seconds.
    var kind = Self.unpack(any, limits, as: Kind.errorInfo)
    kind = kind ?? Self.unpack(any, limits, as: Kind.retryInfo)
    kind = kind ?? Self.unpack(any, limits, as: Kind.debugInfo)
    kind = kind ?? Self.unpack(any, limits, as: Kind.quotaFailure)
    kind = kind ?? Self.unpack(any, limits, as: Kind.preconditionFailure)
    kind = kind ?? Self.unpack(any, limits, as: Kind.badRequest)
    kind = kind ?? Self.unpack(any, limits, as: Kind.requestInfo)
    kind = kind ?? Self.unpack(any, limits, as: Kind.resourceInfo)
    kind = kind ?? Self.unpack(any, limits, as: Kind.help)
    kind = kind ?? Self.unpack(any, limits, as: Kind.localizedMessage)
    self.init(kind ?? .any(any))
  }

  /// Returns the detail of one kind, or `nil` if the message has another type or cannot be decoded.
  private static func unpack<Detail: MessageBackedDetail>(
    _ any: Google_Protobuf_Any,
    _ limits: DecodingLimits,
    as kind: (Detail) -> Kind
  ) -> Kind? {
    guard let storage = try? any.unpack(as: Detail.Storage.self, limits: limits) else { return nil }
    return kind(Detail(storage: storage))
  }
}
