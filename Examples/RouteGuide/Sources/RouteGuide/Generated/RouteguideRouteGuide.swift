public import CoreGRPC

/// The service `routeguide.RouteGuide` of gRPC's tutorial: one method of each of the four kinds.
public enum Routeguide_RouteGuide {
  /// The service's name.
  public static let descriptor = ServiceDescriptor(fullyQualifiedService: "routeguide.RouteGuide")

  /// The service's methods.
  public enum Method {
    /// The method `GetFeature`.
    public enum GetFeature {
      /// The request's type.
      public typealias Input = Routeguide_Point
      /// The response's type.
      public typealias Output = Routeguide_Feature
      /// The method's name.
      public static let descriptor = MethodDescriptor(service: Routeguide_RouteGuide.descriptor, method: "GetFeature")
    }

    /// The method `ListFeatures`.
    public enum ListFeatures {
      /// The request's type.
      public typealias Input = Routeguide_Rectangle
      /// The response's type.
      public typealias Output = Routeguide_Feature
      /// The method's name.
      public static let descriptor = MethodDescriptor(service: Routeguide_RouteGuide.descriptor, method: "ListFeatures")
    }

    /// The method `RecordRoute`.
    public enum RecordRoute {
      /// The request's type.
      public typealias Input = Routeguide_Point
      /// The response's type.
      public typealias Output = Routeguide_RouteSummary
      /// The method's name.
      public static let descriptor = MethodDescriptor(service: Routeguide_RouteGuide.descriptor, method: "RecordRoute")
    }

    /// The method `RouteChat`.
    public enum RouteChat {
      /// The request's type.
      public typealias Input = Routeguide_RouteNote
      /// The response's type.
      public typealias Output = Routeguide_RouteNote
      /// The method's name.
      public static let descriptor = MethodDescriptor(service: Routeguide_RouteGuide.descriptor, method: "RouteChat")
    }

    /// Every method of the service.
    public static let descriptors = [
      GetFeature.descriptor, ListFeatures.descriptor, RecordRoute.descriptor, RouteChat.descriptor,
    ]
  }
}
