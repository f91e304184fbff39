/// The names in one scope of Swift, each given to one declaration.
struct NameScope {
  /// A declaration that needs a name.
  struct Wish {
    /// The name that it should have.
    let name: String

    /// The name that it gets if that one is taken or means something else where the declaration is.
    let alternative: String

    /// Whether a name means something else where the declaration is.
    let isReserved: (String) -> Bool
  }

  private var taken: Set<String> = []

  /// Names declarations.
  ///
  /// The first that wants a name gets it. Only then the others get their alternatives, with as many underscores as it
  /// takes to be the only one of that name.
  ///
  /// - Parameters:
  ///   - wishes: The wishes of the declarations.
  ///   - isTaken: Whether a name is taken elsewhere.
  /// - Returns: The names, in the order of the wishes.
  mutating func names(for wishes: [Wish], isTaken: (String) -> Bool = { _ in false }) -> [String] {
    let names = wishes.map { wish in
      wish.isReserved(wish.name) || isTaken(wish.name) || !taken.insert(wish.name).inserted ? nil : wish.name
    }
    return zip(wishes, names).map { wish, name in
      if let name { return name }
      var alternative = wish.alternative
      while wish.isReserved(alternative) || isTaken(alternative) || !taken.insert(alternative).inserted {
        alternative += "_"
      }
      return alternative
    }
  }
}
