namespace Tidings.Server;

/// <summary>A setting stops the start. The message is a sentence for the person who starts the hub: it names the setting and its value.</summary>
internal sealed class SettingException(string message) : Exception(message);
