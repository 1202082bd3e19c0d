using System.Net;

namespace Tidings.Client.Connecting;

/// <summary>One request of an attempt: the first, or one that a redirect asks for.</summary>
internal sealed record Hop(Uri Url, HttpMethod Method, bool HasBody, bool HasCredentials)
{
    /// <summary>Fetch 4.4: "If request's redirect count is 20, then return a network error."</summary>
    public const int MaxRedirects = 20;

    /// <summary>Fetch 2.2.3: "A redirect status is a status that is 301, 302, 303, 307, or 308." 300 and 304 are not.</summary>
    public static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    /// <summary>The request that a redirect leads to (Fetch 4.4, "HTTP-redirect fetch").</summary>
    /// <returns>The next hop; or null and a complaint if it cannot be followed.</returns>
    public Hop? Next(HttpStatusCode status, string location, out string complaint)
    {
        if (!Uri.TryCreate(Url, location, out Uri? target) || !UrlOrigin.IsHttp(target))
        {
            complaint = "The server redirects to a place that is no HTTP address.";
            return null;
        }

        // A browser blocks this as mixed content; whoever asked for https did not ask for clear text.
        if (Url.Scheme == Uri.UriSchemeHttps && target.Scheme == Uri.UriSchemeHttp)
        {
            complaint = "The server redirects from https to http, which is not followed.";
            return null;
        }

        complaint = "";
        bool becomesGet = (int)status is 301 or 302 ? Method == HttpMethod.Post : (int)status == 303 && Method != HttpMethod.Head;

        // Credentials once dropped stay dropped, also when a later redirect leads back: the request was in foreign hands.
        return new Hop(
            target,
            becomesGet ? HttpMethod.Get : Method,
            HasBody && !becomesGet,
            HasCredentials && UrlOrigin.AreSame(Url, target));
    }
}
