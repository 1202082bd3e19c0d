using System.Text.Json;

namespace Tidings.Browser.Tests;

/// <summary>The scripts that every browser is given in the same words.</summary>
internal static class PageScript
{
    /// <summary>How arguments and results travel.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Runs before any script of a page: tells what nobody else would of what goes wrong in it.</summary>
    public const string Watch =
        """
        () => {
          addEventListener("error", e => e instanceof ErrorEvent && console.error(`Uncaught: ${e.message} (${e.filename}:${e.lineno})`));
          addEventListener("unhandledrejection", e => console.error(`Not handled: ${e.reason}`));
          addEventListener("securitypolicyviolation", e => console.error(`Content Security Policy: ${e.violatedDirective} forbids ${e.blockedURI} (${e.sourceFile}:${e.lineNumber})`));
        }
        """;

    /// <summary>The element of a selector once a user could use it: there, shown, enabled, and not below another; null until then.</summary>
    public const string Usable =
        """
        (selector => {
          const element = document.querySelector(selector);
          if (!element || element.matches(":disabled") || !element.checkVisibility({ visibilityProperty: true })) return null;
          element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
          const { left, top, width, height } = element.getClientRects()[0];
          const hit = document.elementFromPoint(left + width / 2, top + height / 2);
          return hit && (element.contains(hit) || [...element.labels ?? []].some(label => label.contains(hit))) ? element : null;
        })
        """;

    /// <summary>Wraps a script so that its value is a promise of a text that tells its result or its error.</summary>
    public static string Wrap(string script, object? argument) =>
        $$"""
        (async () => {
          try {
            const script = ({{script}});
            const value = await (typeof script === "function" ? script({{JsonSerializer.Serialize(argument, Json)}}) : script);
            return JSON.stringify({ value: value === undefined ? null : value });
          } catch (e) {
            return JSON.stringify({ error: `${e}` });
          }
        })()
        """;

    /// <summary>Reads what <see cref="Wrap"/> has made of a script.</summary>
    public static T Unwrap<T>(string answer)
    {
        JsonElement result = JsonElement.Parse(answer);
        return result.TryGetProperty("error", out JsonElement error)
            ? throw new ScriptException(error.GetString()!) // a text, by Wrap
            : result.GetProperty("value").Deserialize<T>(Json)!; // null only where T has it
    }
}
