public enum PlaceholderForNow {}
