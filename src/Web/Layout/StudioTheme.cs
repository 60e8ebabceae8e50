using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using MudBlazor;

namespace StableRep.Web.Layout;

/// <summary>
/// The studio's colours and type. Both palettes are always on the page; the attribute <c>data-theme</c> of the document, which a script sets
/// before the first paint, chooses between them: the server need not know what the browser shows.
/// </summary>
public sealed class StudioTheme : ComponentBase
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "sans-serif"];

    private static readonly MudTheme Light = Create(":root");

    private static readonly MudTheme Dark = Create(":root[data-theme=dark]");

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenComponent<MudThemeProvider>(0);
        builder.AddComponentParameter(1, nameof(MudThemeProvider.Theme), Light);
        builder.AddComponentParameter(2, nameof(MudThemeProvider.IsDarkMode), false);
        builder.AddComponentParameter(3, nameof(MudThemeProvider.ObserveSystemDarkModeChange), false);
        builder.AddComponentParameter(4, nameof(MudThemeProvider.DefaultScrollbar), true);
        builder.CloseComponent();
        builder.OpenComponent<MudThemeProvider>(5);
        builder.AddComponentParameter(6, nameof(MudThemeProvider.Theme), Dark);
        builder.AddComponentParameter(7, nameof(MudThemeProvider.IsDarkMode), true);
        builder.AddComponentParameter(8, nameof(MudThemeProvider.ObserveSystemDarkModeChange), false);
        builder.AddComponentParameter(9, nameof(MudThemeProvider.DefaultScrollbar), true);
        builder.CloseComponent();
    }

    private static MudTheme Create(string scope) => new()
    {
        PseudoCss = new PseudoCss { Scope = scope },
        PaletteLight = new PaletteLight
        {
            Primary = "#0f6b74",
            PrimaryContrastText = "#ffffff",
            Secondary = "#a34a12",
            SecondaryContrastText = "#ffffff",
            Tertiary = "#5b4a9c",
            TertiaryContrastText = "#ffffff",
            Info = "#29609f",
            Success = "#27703a",
            Warning = "#8a5600",
            Error = "#b3261e",
            Dark = "#1d2a2c",
            Black = "#10191a",
            TextPrimary = "#182224",
            TextSecondary = "#526063",
            TextDisabled = "#6f7b7d",
            ActionDefault = "#4a585b",
            ActionDisabled = "#8a9597",
            ActionDisabledBackground = "#e4e8e6",
            Background = "#f5f6f3",
            BackgroundGray = "#eceeea",
            Surface = "#ffffff",
            DrawerBackground = "#f5f6f3",
            DrawerText = "#2a3639",
            DrawerIcon = "#526063",
            AppbarBackground = "#ffffff",
            AppbarText = "#182224",
            LinesDefault = "#dde1de",
            LinesInputs = "#87928f",
            TableLines = "#e4e8e5",
            TableStriped = "#f8f9f7",
            TableHover = "#eef4f3",
            Divider = "#dde1de",
            DividerLight = "#e8ebe8",
            Skeleton = "#e3e7e4",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#63c5c9",
            PrimaryContrastText = "#06282b",
            Secondary = "#f0a56a",
            SecondaryContrastText = "#2e1503",
            Tertiary = "#b6a8f0",
            TertiaryContrastText = "#1c1140",
            Info = "#8dbaf3",
            InfoContrastText = "#0a2340",
            Success = "#7bcf8f",
            SuccessContrastText = "#07280f",
            Warning = "#e8b552",
            WarningContrastText = "#2c1d00",
            Error = "#ff9188",
            ErrorContrastText = "#3b0704",
            Dark = "#d5dcdb",
            DarkContrastText = "#12191b",
            Black = "#0b1011",
            TextPrimary = "#e6ecea",
            TextSecondary = "#a3b0b1",
            TextDisabled = "#7e8b8d",
            ActionDefault = "#b3bfc0",
            ActionDisabled = "#687577",
            ActionDisabledBackground = "#253033",
            Background = "#0f1517",
            BackgroundGray = "#141c1f",
            Surface = "#172023",
            DrawerBackground = "#0f1517",
            DrawerText = "#cfd8d7",
            DrawerIcon = "#9aa8a9",
            AppbarBackground = "#131b1d",
            AppbarText = "#e6ecea",
            LinesDefault = "#27343780",
            LinesInputs = "#6b7a7d",
            TableLines = "#263336",
            TableStriped = "#1a2427",
            TableHover = "#1d2a2d",
            Divider = "#273437",
            DividerLight = "#1f2a2d",
            Skeleton = "#253134",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = ".9375rem", LineHeight = "1.5", LetterSpacing = "0" },
            H1 = new H1Typography { FontFamily = Fonts, FontSize = "1.625rem", FontWeight = "650", LineHeight = "1.25", LetterSpacing = "-.015em" },
            H2 = new H2Typography { FontFamily = Fonts, FontSize = "1.1875rem", FontWeight = "620", LineHeight = "1.3", LetterSpacing = "-.01em" },
            H3 = new H3Typography { FontFamily = Fonts, FontSize = "1rem", FontWeight = "620", LineHeight = "1.35", LetterSpacing = "0" },
            H4 = new H4Typography { FontFamily = Fonts, FontSize = "1.0625rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "0" },
            H5 = new H5Typography { FontFamily = Fonts, FontSize = "1rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "0" },
            H6 = new H6Typography { FontFamily = Fonts, FontSize = "1rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "0" },
            Subtitle1 = new Subtitle1Typography { FontFamily = Fonts, FontSize = ".9375rem", LetterSpacing = "0" },
            Subtitle2 = new Subtitle2Typography { FontFamily = Fonts, FontSize = ".875rem", LetterSpacing = "0" },
            Body1 = new Body1Typography { FontFamily = Fonts, FontSize = ".9375rem", LineHeight = "1.5", LetterSpacing = "0" },
            Body2 = new Body2Typography { FontFamily = Fonts, FontSize = ".875rem", LineHeight = "1.45", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = Fonts, FontSize = ".875rem", FontWeight = "600", LetterSpacing = "0", TextTransform = "none" },
            Caption = new CaptionTypography { FontFamily = Fonts, FontSize = ".8125rem", LetterSpacing = "0" },
            Overline = new OverlineTypography { FontFamily = Fonts, FontSize = ".75rem", FontWeight = "600", LetterSpacing = ".04em" },
        },
    };
}
