import ProtobufC

extension Conformance_ConformanceRequest {
  /// The message of the request, decoded and encoded again.
  var answered: Conformance_ConformanceResponse {
    Conformance_ConformanceResponse.with { $0.result = result }
  }

  private var result: Conformance_ConformanceResponse.OneOf_Result {
    guard case .protobufPayload(let bytes) = payload, requestedOutputFormat == .protobuf else {
      return .skipped("only binary is implemented")
    }
    guard let type = Self.types.first(where: { $0.protoMessageName == messageType }) else {
      return .skipped("no message type \(messageType)")
    }
    do throws(DecodingError) {
      return .protobufPayload(try type.init(serializedBytes: bytes).serializedBytes())
    } catch {
      return .parseError(error.description)
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
