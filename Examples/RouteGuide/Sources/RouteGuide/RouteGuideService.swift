public import CoreGRPC

/// Guides over a map.
public struct RouteGuideService: Routeguide_RouteGuide.SimpleServiceProtocol {
  private let map: FeatureMap
  private let notes = NoteBoard()

  /// Creates a service without notes.
  public init(map: FeatureMap) { self.map = map }

  /// Answers the feature at a point; one without a name, if there is none.
  public func getFeature(request: Routeguide_Point, context: ServerContext) async throws -> Routeguide_Feature {
    map.feature(at: request)
  }

  /// Answers the features in a rectangle, one after the other.
  public func listFeatures(
    request: Routeguide_Rectangle,
    response: RPCWriter<Routeguide_Feature>,
    context: ServerContext
  ) async throws {
    for feature in map.features where feature.location.map(request.contains) ?? false {
      try await response.write(feature)
    }
  }

  /// Takes the points of a route, and answers what was met on it.
  public func recordRoute(
    request: RPCAsyncSequence<Routeguide_Point>,
    context: ServerContext
  ) async throws -> Routeguide_RouteSummary {
    let start = ContinuousClock.now
    var summary = Routeguide_RouteSummary()
    var distance = 0.0
    var last: Routeguide_Point?
    for try await point in request {
      summary.pointCount += 1
      if !map.feature(at: point).name.isEmpty { summary.featureCount += 1 }
      if let last { distance += last.distance(to: point) }
      last = point
    }
    summary.distance = Int32(clamping: Int(distance))
    summary.elapsedTime = Int32(clamping: start.duration(to: .now).components.seconds)
    return summary
  }

  /// Takes notes about places, and answers each with the notes that were taken at the same place before.
  public func routeChat(
    request: RPCAsyncSequence<Routeguide_RouteNote>,
    response: RPCWriter<Routeguide_RouteNote>,
    context: ServerContext
  ) async throws {
    for try await note in request {
      try await response.write(contentsOf: try await notes.add(note))
    }
  }
}
