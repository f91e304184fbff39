public import CoreGRPC
public import ProtobufC

/// A service that is declared in a `.proto` file: each service of generated code.
///
/// `ReflectionService`, in the product CoreGRPCServices, tells clients the file.
public protocol ProtobufService: RegistrableRPCService {
  /// The file that declares the service.
  static var protoFileDescriptor: ProtoFileDescriptor { get }
}
