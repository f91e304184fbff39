import ProtobufCWellKnownTypes

/// The features that are in force at a declaration of an editions file.
///
/// A declaration has the features that it sets itself, and for the others those of the declaration around it; a file
/// those of its edition. Features that are an extension of `google.protobuf.FeatureSet` are another language's, and
/// stay among the unknown fields of the options.
struct FeatureScope {
  typealias FeatureSet = Google_Protobuf_FeatureSet

  private(set) var fieldPresence: FeatureSet.FieldPresence
  private(set) var repeatedFieldEncoding: FeatureSet.RepeatedFieldEncoding
  private(set) var messageEncoding: FeatureSet.MessageEncoding

  /// The defaults of the editions 2023 and 2024, which do not differ in what decides on fields.
  static let edition2023 = FeatureScope(
    fieldPresence: .explicit,
    repeatedFieldEncoding: .packed,
    messageEncoding: .lengthPrefixed
  )

  /// The defaults of proto3.
  static let proto3 = FeatureScope(
    fieldPresence: .implicit,
    repeatedFieldEncoding: .packed,
    messageEncoding: .lengthPrefixed
  )

  /// The features inside a declaration.
  ///
  /// - Parameter features: Those that the declaration sets itself.
  func inside(_ features: FeatureSet?) -> FeatureScope {
    guard let features else { return self }
    var scope = self
    if let value = features.fieldPresence { scope.fieldPresence = value }
    if let value = features.repeatedFieldEncoding { scope.repeatedFieldEncoding = value }
    if let value = features.messageEncoding { scope.messageEncoding = value }
    return scope
  }
}
