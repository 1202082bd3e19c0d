using System.Reflection;

namespace Tidings.Server.Tests.Nodes;

/// <summary>Tells whether the hub reads a setting: the binder ignores what it does not know, so a misspelt one would do nothing and say nothing.</summary>
internal static class KnownSettings
{
    private static readonly (string Section, Type Options)[] Sections =
    [
        (TidingsOptions.SectionName, typeof(TidingsOptions)),
        (TidingsOptions.SectionName, typeof(HubAuthorizationOptions)),
        (PostgresLogOptions.SectionName, typeof(PostgresLogOptions)),
    ];

    private static readonly string[] OfTheServer = [LogChoice.Key, TrustedProxies.Key];

    /// <param name="variable">The setting's name as a variable of the environment.</param>
    public static bool Contains(string variable)
    {
        string key = variable.Replace("__", ":", StringComparison.Ordinal);
        return OfTheServer.Any(known => IsAt(key, known) is { } rest && (rest.Length == 0 || int.TryParse(rest, out _)))
            || Sections.Any(section => IsAt(key, section.Section) is { Length: > 0 } rest && HasProperty(section.Options, rest.Split(':')));
    }

    // What follows the section in the key; null if the key is of another one.
    private static string? IsAt(string key, string section) =>
        key.Equals(section, StringComparison.OrdinalIgnoreCase) ? ""
        : key.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase) ? key[(section.Length + 1)..]
        : null;

    private static bool HasProperty(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return true;
        }

        Type? next = type.IsGenericType && int.TryParse(path[0], out _)
            ? type.GetGenericArguments()[0]
            : type.GetProperty(path[0], BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)?.PropertyType;
        return next is not null && HasProperty(next, path[1..]);
    }
}
