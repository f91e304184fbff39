public import CoreGRPC
import CoreGRPCProtobuf

/// The service `compute.Compute`: it measures a text.
public enum Compute_Compute {
  /// The service's name.
  public static let descriptor = ServiceDescriptor(fullyQualifiedService: "compute.Compute")

  /// The service's methods.
  public enum Method {
    /// The method `SayHello`.
    public enum SayHello {
      /// The request's type.
      public typealias Input = Compute_HelloRequest
      /// The response's type.
      public typealias Output = Compute_HelloReply
      /// The method's name.
      public static let descriptor = MethodDescriptor(service: Compute_Compute.descriptor, method: "SayHello")
    }

    /// Every method of the service.
    public static let descriptors = [SayHello.descriptor]
  }
}
