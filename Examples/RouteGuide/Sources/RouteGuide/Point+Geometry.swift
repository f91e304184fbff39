import Foundation

extension Routeguide_Point {
  /// A point from degrees, north and east.
  public init(north latitude: Double, east longitude: Double) {
    self.init(latitude: Int32((latitude * 1e7).rounded()), longitude: Int32((longitude * 1e7).rounded()))
  }

  /// The way to another point over the surface of the earth, taken as a sphere, in metres.
  ///
  /// By the haversine formula.
  public func distance(to other: Routeguide_Point) -> Double {
    func radians(_ value: Int32) -> Double { Double(value) / 1e7 * .pi / 180 }
    let north = sin((radians(other.latitude) - radians(latitude)) / 2)
    let east = sin((radians(other.longitude) - radians(longitude)) / 2)
    let square = north * north + cos(radians(latitude)) * cos(radians(other.latitude)) * east * east
    return 2 * 6_371_000 * asin(min(1, square.squareRoot()))
  }
}

extension Routeguide_Rectangle {
  /// Whether a point is inside or on the edge.
  ///
  /// Any two opposite corners will do; one that is missing is where equator and zero meridian cross.
  public func contains(_ point: Routeguide_Point) -> Bool {
    let (a, b) = (lo ?? Routeguide_Point(), hi ?? Routeguide_Point())
    return (min(a.latitude, b.latitude)...max(a.latitude, b.latitude)).contains(point.latitude)
      && (min(a.longitude, b.longitude)...max(a.longitude, b.longitude)).contains(point.longitude)
  }
}

extension Routeguide_Point: CustomStringConvertible {
  /// The coordinates in degrees.
  public var description: String { "\(Double(latitude) / 1e7), \(Double(longitude) / 1e7)" }
}
