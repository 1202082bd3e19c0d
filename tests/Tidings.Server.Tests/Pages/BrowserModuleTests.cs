using System.Net;

namespace Tidings.Server.Tests.Pages;

public sealed class BrowserModuleTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pages_load_the_module_from_the_hub(bool isDev)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: isDev);
        using HttpResponseMessage response = await hub.Client.GetAsync(new Uri("/tidings.js", UriKind.Relative));

        Assert.Equal((HttpStatusCode.OK, "text/javascript"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }
}
