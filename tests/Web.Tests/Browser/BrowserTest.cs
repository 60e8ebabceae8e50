using Microsoft.Playwright;
using StableRep.Testing;

namespace StableRep.Web.Tests.Browser;

/// <summary>A test with a page of its own. When it fails, a picture of the page lies in <c>TestResults</c> and the console's errors are told.</summary>
[Collection("browser")]
public abstract class BrowserTest(BrowserStudio studio, TestCluster cluster) : IAsyncLifetime
{
    private const float Patience = 30_000;

    private readonly List<string> _errors = [];
    private readonly List<IBrowserContext> _contexts = [];

    /// <summary>The studio.</summary>
    protected BrowserStudio Studio { get; } = studio;

    /// <summary>Where tests have their databases.</summary>
    protected TestCluster Cluster { get; } = cluster;

    /// <summary>The node that the pages are of.</summary>
    protected virtual Uri Address => Studio.Address;

    /// <summary>The test's page: a desktop's, light.</summary>
    protected IPage Page { get; private set; } = null!;

    /// <summary>Errors that the pages' scripts have told of so far.</summary>
    protected IReadOnlyList<string> Errors => _errors;

    /// <summary>Stops the test.</summary>
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        await StartAsync();

        // Without this it is five seconds, which a busy machine may need for anything.
        Assertions.SetDefaultExpectTimeout(Patience);
        Page = await NewPageAsync();
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "TestResults")).FullName;
            var name = string.Concat((TestContext.Current.Test?.TestDisplayName ?? "test").Select(letter => char.IsLetterOrDigit(letter) ? letter : '-'));
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
            TestContext.Current.SendDiagnosticMessage("Pictured in {0}. The browser told: {1}", folder, string.Join("; ", _errors));
        }

        foreach (var context in _contexts)
        {
            await context.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Starts what the pages need.</summary>
    protected virtual Task StartAsync() => Studio.StartAsync(Cluster);

    /// <summary>Opens another page, in a browser session of its own.</summary>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="dark">Whether the system prefers dark colours.</param>
    /// <param name="address">The node, where it is another one than the test's.</param>
    protected async Task<IPage> NewPageAsync(int width = 1280, bool dark = false, Uri? address = null)
    {
        var context = await Studio.Browser.NewContextAsync(new()
        {
            BaseURL = (address ?? Address).OriginalString,
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
        });
        _contexts.Add(context);
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Add(message.Text);
            }
        };
        return page;
    }

    /// <summary>Opens an address and waits until the page is live.</summary>
    protected static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await LiveAsync(page);
    }

    /// <summary>Waits until clicks on the page have an effect.</summary>
    protected static Task LiveAsync(IPage page) => page.Locator(".studio[data-live=true]").WaitForAsync();
}
