import ProtobufC
import ProtobufCJSON
import ProtobufCTextFormat

extension Conformance_ConformanceRequest {
  /// The message of the request, decoded and encoded again.
  var answered: Conformance_ConformanceResponse {
    Conformance_ConformanceResponse.with { $0.result = result }
  }

  private var result: Conformance_ConformanceResponse.OneOf_Result {
    guard let type = Self.types.first(where: { $0.protoMessageName == messageType }) else {
      return .skipped("no message type \(messageType)")
    }
    do {
      guard let message = try message(as: type) else { return .skipped("no such input format") }
      return encoded(message)
    } catch {
      return .parseError("\(error)")
    }
  }

  private func message(as type: any Message.Type) throws -> (any Message)? {
    switch payload {
    case .protobufPayload(let bytes): return try type.init(serializedBytes: bytes)
    case .jsonPayload(let text):
      var options = JSONDecodingOptions()
      options.ignoreUnknownFields = testCategory == .jsonIgnoreUnknownParsingTest
      return try type.init(jsonString: text, options: options)
    case .textPayload(let text):
      var options = TextFormatDecodingOptions()
      options.types = MessageTypeRegistry(Self.types)
      return try type.init(textFormatString: text, options: options)
    default: return nil
    }
  }

  private func encoded(_ message: any Message) -> Conformance_ConformanceResponse.OneOf_Result {
    switch requestedOutputFormat {
    case .protobuf: return .protobufPayload(message.serializedBytes())
    case .json:
      do throws(JSONEncodingError) {
        return .jsonPayload(try message.jsonString())
      } catch {
        return .serializeError(error.description)
      }
    case .textFormat:
      var options = TextFormatEncodingOptions()
      options.printUnknownFields = printUnknownFields
      options.types = MessageTypeRegistry(Self.types)
      return .textPayload(message.textFormatString(options: options))
    default: return .skipped("no such output format")
    }
  }

  private static var types: [any Message.Type] {
    [
      Conformance_FailureSet.self,
      Coregrpc_Conformance_Presence.self,
      ProtobufTestMessages_Proto2_TestAllTypesProto2.self,
      ProtobufTestMessages_Proto3_TestAllTypesProto3.self,
    ]
  }
}
