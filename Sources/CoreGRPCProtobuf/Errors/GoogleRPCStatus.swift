public import CoreGRPC
public import ProtobufC
import ProtobufCWellKnownTypes

/// A status with details, in gRPC's richer error model.
///
/// A handler throws one, and a client reads it with ``CoreGRPC/RPCError/unpackGoogleRPCStatus()``:
///
/// ```swift
/// // The handler.
/// throw GoogleRPCStatus(code: .unavailable, message: "the shop is closed", details: .retryInfo(delay: .seconds(30)))
///
/// // The client.
/// let delay = try error.unpackGoogleRPCStatus()?.details.compactMap(\.retryInfo).first?.delay
/// ```
///
/// The status travels as a message `google.rpc.Status` in the trailing metadata `grpc-status-details-bin`, beside the
/// code and the message that clients without this model read. gRPC for C++, Go, Java and Python reads and writes the
/// same.
///
/// A header block has at most 8 KiB by default, and metadata is sent in Base64, so that some 5 KiB of details fit. A
/// handler whose details are larger ends its call with INTERNAL, without them. See
/// <https://grpc.io/docs/guides/error/#richer-error-model>.
public struct GoogleRPCStatus: RPCErrorConvertible, Hashable {
  /// The status code; never OK.
  public var code: RPCError.Code

  /// A message for developers, in English.
  ///
  /// A message for users goes into a detail, ``ErrorDetails/localizedMessage(locale:message:)``.
  public var message: String

  /// The details, of any number and kind.
  public var details: [ErrorDetails]

  /// Creates a status of an array of details.
  ///
  /// - Parameters:
  ///   - code: The status code.
  ///   - message: A message for developers.
  ///   - details: The details.
  public init(code: RPCError.Code, message: String, details: [ErrorDetails]) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// Creates a status.
  ///
  /// - Parameters:
  ///   - code: The status code.
  ///   - message: A message for developers.
  ///   - details: The details.
  public init(code: RPCError.Code, message: String, details: ErrorDetails...) {
    self.init(code: code, message: message, details: details)
  }
}

extension GoogleRPCStatus {
  /// The metadata that a status travels in.
  static let metadataKey = "grpc-status-details-bin"

  /// The code, for the call.
  public var rpcErrorCode: RPCError.Code { code }

  /// The message, for the call.
  public var rpcErrorMessage: String { message }

  /// The whole status, as the metadata `grpc-status-details-bin`.
  public var rpcErrorMetadata: Metadata { [Self.metadataKey: .binary(serializedBytes())] }
}

extension GoogleRPCStatus {
  /// Decodes a message `google.rpc.Status`.
  ///
  /// A detail of an unknown type becomes ``ErrorDetails/any-swift.property``, as does one whose bytes cannot be decoded
  /// as its type.
  ///
  /// - Parameters:
  ///   - bytes: The serialized message.
  ///   - limits: The bounds of decoding the status, and of decoding each detail.
  /// - Throws: `BinaryDecodingError`, if the bytes are not a `google.rpc.Status`. A code that is OK or that gRPC does
  ///   not define is not an error: it becomes `RPCError.Code.unknown`.
  public init(serializedBytes bytes: [UInt8], limits: DecodingLimits = DecodingLimits()) throws(BinaryDecodingError) {
    try self.init(serializedBytes: bytes, limits: limits, defaultCode: .unknown)
  }

  /// Decodes a message `google.rpc.Status`.
  ///
  /// - Parameter defaultCode: The code to use if the message has one that is OK or that gRPC does not define.
  init(
    serializedBytes bytes: [UInt8],
    limits: DecodingLimits = DecodingLimits(),
    defaultCode: RPCError.Code
  ) throws(BinaryDecodingError) {
    let status = try Google_Rpc_Status(serializedBytes: bytes, limits: limits)
    self.init(
      code: RPCError.Code(rawValue: Int(status.code)) ?? defaultCode,
      message: status.message,
      details: status.details.map { ErrorDetails(unpacking: $0, limits: limits) }
    )
  }

  /// Encodes this status as a message `google.rpc.Status`.
  ///
  /// - Returns: The serialized message.
  public func serializedBytes() -> [UInt8] {
    let status = Google_Rpc_Status(code: Int32(code.rawValue), message: message, details: details.map(\.packed))
    return status.serializedBytes()
  }
}

extension GoogleRPCStatus: CustomStringConvertible {
  /// The code, the message and the types of the details.
  ///
  /// The contents of the details are left out: this text reaches logs. A detail's own
  /// ``ErrorDetails/description`` has them.
  public var description: String {
    let status = Status(code: Status.Code(code), message: message)
    return details.isEmpty ? "\(status)" : "\(status) (\(details.map(\.typeName).joined(separator: ", ")))"
  }
}
