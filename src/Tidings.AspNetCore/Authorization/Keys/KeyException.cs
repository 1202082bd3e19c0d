namespace Tidings;

/// <summary>A key cannot be used. The message goes on after the name of the setting that the key came from.</summary>
internal sealed class KeyException(string message) : Exception(message);
