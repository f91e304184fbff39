/// The features that the guide knows: a dozen invented sights on an invented island.
public struct FeatureMap: Sendable {
  /// The features, from north to south.
  public let features: [Routeguide_Feature]

  private let names: [Routeguide_Point: String]

  /// Creates a map.
  public init(features: [Routeguide_Feature]) {
    self.features = features
    self.names = Dictionary(features.map { ($0.location ?? Routeguide_Point(), $0.name) }) { first, _ in first }
  }

  /// The feature at a point; without a name if there is none.
  public func feature(at point: Routeguide_Point) -> Routeguide_Feature {
    Routeguide_Feature(name: names[point] ?? "", location: point)
  }

  /// The island of Tallowmere.
  public static let tallowmere = FeatureMap(
    features: [
      ("North Cape Lantern", 45.31, -38.52),
      ("Gannet Stacks", 45.294, -38.611),
      ("The Old Salt Road", 45.27, -38.55),
      ("Widow's Orchard", 45.255, -38.498),
      ("Brannock Hill", 45.243, -38.57),
      ("Tallowmere Market", 45.23, -38.54),
      ("Cooper's Bridge", 45.228, -38.531),
      ("Saint Ilse's Well", 45.217, -38.59),
      ("The Sunken Mill", 45.205, -38.515),
      ("Heron Flats", 45.19, -38.56),
      ("Ropewalk Cottages", 45.182, -38.537),
      ("South Harbour", 45.17, -38.545),
    ].map { name, north, east in Routeguide_Feature(name: name, location: Routeguide_Point(north: north, east: east)) }
  )
}
