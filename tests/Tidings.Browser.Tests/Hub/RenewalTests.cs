using System.Globalization;

namespace Tidings.Browser.Tests.Hub;

/// <summary>A page that renews its cookie when <c>tidings-expiring</c> says so, with the script of the guide.</summary>
public abstract class RenewalTests(IBrowser browser) : BrowserTest(browser)
{
    private const int Renewals = 5;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private const string Listen =
        """
        ([hub, topic, login]) => {
          window.received = [];
          window.renewals = 0;
          const renew = async () => { await fetch(login); renewals++; };
          listen(hub, topic, 'earliest', renew, e => received.push(e.data));
        }
        """;

    [Fact]
    public async Task Renewing_the_token_loses_no_event_and_repeats_none()
    {
        const string Topic = "https://example.com/users/alice";
        await using GuardedHub hub = await GuardedHub.StartAsync(options =>
        {
            options.MaxStreamAge = TimeSpan.Zero;
            options.WriteTimeout = TimeSpan.FromMinutes(10); // the clock leaps
        });
        string login = hub.Login(GuardedHub.CurrentCookie, Topic, Life);
        await Window.GoToAsync(login);
        await Window.DeclareAsync(GuideScript.Declaring("listen"));
        await Window.EvaluateAsync(Listen, new[] { hub.Url, Topic, login });

        using var enough = new CancellationTokenSource();
        Task<int> publishing = PublishAsync(hub, Topic, enough.Token);
        await Window.WaitUntilAsync("() => received.length > 0");
        for (int renewal = 1; renewal <= Renewals; renewal++)
        {
            hub.Time.Advance(Life - TimeSpan.FromSeconds(5)); // the notice is due 10 s before the end
            await Window.WaitUntilAsync("count => renewals === count", renewal);
            int received = await Window.EvaluateAsync<int>("() => received.length");
            await Window.WaitUntilAsync("count => received.length > count + 10", received);
        }

        await enough.CancelAsync();
        int published = await publishing;
        await Window.WaitUntilAsync("count => received.length >= count", published);
        Assert.Equal(Enumerable.Range(1, published).Select(number => number.ToString(CultureInfo.InvariantCulture)), await Window.EvaluateAsync<string[]>("() => received"));
    }

    // Private and public ones in turn, a few hundred a second.
    private static async Task<int> PublishAsync(GuardedHub hub, string topic, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(3), TimeProvider.System);
        int number = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                number++;
                string data = number.ToString(CultureInfo.InvariantCulture);
                await (number % 2 == 0 ? hub.PublishPrivateAsync(topic, data) : hub.Broker.PublishAsync(topic, data, CancellationToken.None).AsTask());
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Enough of them.
        }

        return number;
    }

    public sealed class InChromium(Chromium chromium) : RenewalTests(chromium);

    public sealed class InFirefox(Firefox firefox) : RenewalTests(firefox);
}
