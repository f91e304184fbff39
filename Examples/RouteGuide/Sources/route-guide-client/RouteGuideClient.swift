import CoreGRPC
import RouteGuide

/// Makes one call of each kind, and prints what it learns.
@main
struct RouteGuideClient {
  static func main() async throws {
    let target = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:50051"
    let client = RouteGuideClient(guide: Routeguide_RouteGuide.Client(channel: try Channel(target: target)))
    try await client.getFeature(Routeguide_Point(north: 45.23, east: -38.54))
    try await client.getFeature(Routeguide_Point())
    try await client.listFeatures()
    try await client.recordRoute()
    try await client.routeChat()
  }

  let guide: Routeguide_RouteGuide.Client

  /// One message each way.
  func getFeature(_ point: Routeguide_Point) async throws {
    let feature = try await guide.getFeature(point)
    print("GetFeature \(point): \(feature.name.isEmpty ? "nothing" : feature.name)")
  }

  /// A stream from the server.
  func listFeatures() async throws {
    let south = Routeguide_Rectangle(
      lo: Routeguide_Point(north: 45.16, east: -38.6),
      hi: Routeguide_Point(north: 45.22, east: -38.53)
    )
    try await guide.listFeatures(south) { features in
      for try await feature in features { print("ListFeatures: \(feature.name) at \(feature.location ?? .init())") }
    }
  }

  /// A stream to the server.
  func recordRoute() async throws {
    let summary = try await guide.recordRoute { writer in
      for feature in FeatureMap.tallowmere.features {
        try await writer.write(feature.location ?? Routeguide_Point())
      }
      try await writer.write(Routeguide_Point(north: 45.16, east: -38.55))
    }
    print("RecordRoute: \(summary.pointCount) points, \(summary.featureCount) features, \(summary.distance) m")
  }

  /// A stream each way, at the same time.
  func routeChat() async throws {
    let market = Routeguide_Point(north: 45.23, east: -38.54)
    let harbour = Routeguide_Point(north: 45.17, east: -38.545)
    let notes = [(market, "one"), (harbour, "two"), (market, "three"), (harbour, "four"), (market, "five")]
    try await guide.routeChat { writer in
      for (place, message) in notes {
        try await writer.write(Routeguide_RouteNote(location: place, message: message))
      }
    } onResponse: { answers in
      for try await note in answers { print("RouteChat: \"\(note.message)\" at \(note.location ?? .init())") }
    }
  }
}
