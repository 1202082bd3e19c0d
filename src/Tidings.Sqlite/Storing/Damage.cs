namespace Tidings;

/// <summary>What is said of a log that is not what was written.</summary>
internal static class Damage
{
    public static EventLogException Found(string path, string what, Exception? cause = null)
    {
        string message = $"The log {path} is damaged: {what}. See what is left with \"tidings log verify\", then restore a backup, or export what can be read and import it into a new directory. Nothing was changed.";
        return cause is null ? new EventLogException(message) : new EventLogException(message, cause);
    }
}
